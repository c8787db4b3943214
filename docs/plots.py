"""Draws the plots of cost.md and bench.md, as SVG: `.venv/bin/python -m docs.plots`.

The costs come from deploy/bill.py, the times from the table in bench.md; a test draws them again
and compares.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

from bench.table import BEGIN, END
from config import plots
from config.plots import Plot, Series
from deploy.bill import Line, Traffic, compact, standard
from deploy.cost import VOLUMES

ROOT = Path(__file__).resolve().parents[1]
COST, BENCH = (ROOT / "docs" / "images" / name for name in ("cost.svg", "bench.svg"))
SVG = "http://www.w3.org/2000/svg"
WIDTH, MARGIN = 760, 12  # pixels
INK, PAPER = "#1f2933", "#ffffff"
ROW, BAR, LABEL = 52, 13, 4  # pixels: for one work, of a bar, between a text and its bar
SECONDS = re.compile(r"(?:(\d+) × )?([\d.]+) s \(")
# What each line of the bill is for, by how its name begins.
KINDS = {
    "always on: tasks, addresses, what stands before them": (
        "load balancer",
        "tasks:",
        "public addresses",
        "API Gateway",
    ),
    "database": ("database",),
    "import worker": ("import worker",),
    "watching: alarms, metrics, logs": ("alarms", "custom metrics", "logs"),
    "by use: storage, messages, emails; secrets": (
        *("SQS", "S3", "DynamoDB", "emails", "data to", "10 images", "secrets"),
    ),
}


@dataclass(frozen=True)
class Pair:
    """Seconds of one work by this project, and by what it is compared with."""

    work: str
    project: float
    reference: float
    compared_with: str


def main() -> None:
    COST.write_text(cost())
    BENCH.write_text(bench(pairs((ROOT / "docs" / "bench.md").read_text())))


def cost() -> str:
    """A month's costs of both layouts, by number of uploads and by what they are for."""
    bills = {
        f"{layout.__name__}, {f'{volume:,}' if volume else 'idle'}": layout(Traffic(volume))
        for layout in (standard, compact)
        for volume in (0, *VOLUMES)
    }
    return picture(plots.bars(cost_plot(bills)))


def cost_plot(bills: Mapping[str, Iterable[Line]]) -> Plot:
    """Raises ValueError for a line that no kind names."""
    sums = [by_kind(lines) for lines in bills.values()]
    series = [Series(kind, [round(each[kind], 2) for each in sums], "ink") for kind in KINDS]
    title = "Dollars a month, by uploads a month"
    return Plot("cost", title, [*bills], series, most_labels=len(bills))


def by_kind(lines: Iterable[Line]) -> dict[str, float]:
    sums = dict.fromkeys(KINDS, 0.0)
    for line in lines:
        found = [kind for kind, begins in KINDS.items() if line.what.startswith(begins)]
        if len(found) != 1:
            raise ValueError(f"{line.what}: {found or 'of no kind'}")
        sums[found[0]] += line.usd
    return sums


def pairs(page: str) -> list[Pair]:
    """The works of the table that have seconds for both."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    found = []
    for work, project, reference, *_ in rows:
        ours, theirs = SECONDS.search(project), SECONDS.search(reference)
        if ours and theirs:
            compared_with = reference[: theirs.start()].rstrip(": ")
            found.append(Pair(work, seconds(ours), seconds(theirs), compared_with))
    return found


def seconds(found: re.Match[str]) -> float:
    return int(found[1] or 1) * float(found[2])


def bench(found: list[Pair]) -> str:
    """Two bars for each work, the longer one over the whole width."""
    svg = Element("svg", {"xmlns": SVG, "width": "100%", "height": str(ROW * len(found))})
    SubElement(svg, "title").text = "Seconds of this project (full) and of the reference (empty)"
    for place, pair in enumerate(found):
        row = SubElement(svg, "svg", {"y": str(ROW * place), "overflow": "visible"})
        write(row, pair.work, x="0", y="12")
        most = max(pair.project, pair.reference)
        described = (
            (pair.project, "this project", INK),
            (pair.reference, pair.compared_with, PAPER),
        )
        for line, (time, name, fill) in enumerate(described):
            y = 12 + LABEL + line * (BAR + 2)
            place_of_bar = {"x": "0", "y": str(y), "width": f"{55 * time / most:.2f}%"}
            look = {"height": str(BAR), "fill": fill, "stroke": INK}
            SubElement(row, "rect", place_of_bar | look)
            x = f"{55 * time / most + 1:.2f}%"
            write(row, f"{time:.2f} s  {name}", x=x, y=str(y + BAR - 2))
    return picture(tostring(svg, encoding="unicode"))


def write(parent: Element, text: str, **places: str) -> None:
    SubElement(parent, "text", places | {"fill": INK}).text = text


def picture(drawn: str) -> str:
    """A file of its own: with a size, a background and a font, and readable on dark pages, too."""
    register_namespace("", SVG)
    inner = fromstring(drawn)  # noqa: S314 - we have just written it
    height = int(inner.attrib["height"]) + 2 * MARGIN
    size = {"width": str(WIDTH), "height": str(height)}
    outer = Element(f"{{{SVG}}}svg", size | {"viewBox": f"0 0 {WIDTH} {height}", "color": INK})
    SubElement(outer, f"{{{SVG}}}rect", size | {"fill": PAPER})
    place = {"x": str(MARGIN), "y": str(MARGIN), "width": str(WIDTH - 2 * MARGIN)}
    look = {"height": inner.attrib["height"], "font-family": "sans-serif", "font-size": "11"}
    SubElement(outer, f"{{{SVG}}}svg", place | look).append(inner)
    return tostring(outer, encoding="unicode") + "\n"


if __name__ == "__main__":
    main()
