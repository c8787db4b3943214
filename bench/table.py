"""The performance table: on the terminal, as JSON, and in docs/bench.md."""

from dataclasses import dataclass
from pathlib import Path

HEAD = ("work", "project", "reference", "ratio", "aim", "met?")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class Line:
    """One measurement. `met` is None without an aim."""

    work: str
    project: str
    reference: str
    ratio: str
    aim: str
    met: bool | None

    @property
    def cells(self) -> tuple[str, ...]:
        met = {True: "yes", False: "no", None: ""}[self.met]
        return (self.work, self.project, self.reference, self.ratio, self.aim, met)


def as_text(lines: list[Line]) -> str:
    """The table with aligned columns."""
    rows = [HEAD, *(line.cells for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )


def as_markdown(lines: list[Line]) -> str:
    rows = [HEAD, ("---",) * len(HEAD), *(line.cells for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def write_into(page: Path, about: str, lines: list[Line]) -> None:
    """Replace the table between the two markers of a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{about}\n\n{as_markdown(lines)}{END}{after}")
