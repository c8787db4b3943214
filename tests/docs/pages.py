"""Parses the project's documents for the tests that compare them with the code."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block; `language` is "" if none is given."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every Markdown file of the repository, including those not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def blocks(document: Path) -> list[Block]:
    return [Block(*found) for found in FENCED.findall(document.read_text())]


def block(document: Path, beginning: str) -> str:
    """The only fenced block that begins with this text."""
    (found,) = (b.text for b in blocks(document) if b.text.startswith(beginning))
    return found


def prose(document: Path) -> str:
    """The document without its fenced blocks."""
    return FENCED.sub("", document.read_text())


def inline_code(document: Path) -> list[str]:
    return INLINE.findall(prose(document))


def code(document: Path) -> Iterator[str]:
    """All code: inline code and the lines of fenced blocks."""
    yield from inline_code(document)
    for found in blocks(document):
        yield from found.text.splitlines()


def section(document: Path, title: str) -> str:
    """The text below a heading, up to the next heading."""
    _, _, rest = document.read_text().partition(f"\n## {title}\n")
    assert rest, f"{name_of(document)} has no section {title}"
    return rest.partition("\n## ")[0]


def table(text: str) -> list[list[str]]:
    """The cells of the first table in `text`, without its header."""
    first = re.search(r"(?:^\|.+\|\n)+", text, re.MULTILINE)
    assert first, "there is no table"
    rows = [line.strip("|").split("|") for line in first[0].splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]
