"""Words that must not be used again in documents, pages, messages, docstrings and comments.

`REPLACED` says what to write instead. `NOT_YET` names files and folders that still have to be
rewritten, and may only shrink. The entry of a folder does not include its documents.
"""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

# A pattern, matched as a whole word in any case, and what to write instead.
REPLACED = {
    r"somebody": "a user, someone",
    r"whoever": "anyone who, the person who",
    r"nobody": "no one, none; or name what does not happen",
    r"mend(?:s|ed|ing)?": "fix, correct",
    r"anew": "again",
    r"amiss": "wrong",
    r"lest": "so that … not",
    r"told": "reported, shown, notified",
    r"stands for": "means, represents",
    r"turn(?:s|ed|ing)? down": "reject",
    r"pass(?:es|ed|ing)? over": "skip",
    r"taken in": "accepted, imported",
    r"put(?:s|ting)? away": "save",
    r"good for": "valid for",
    r"under way": "in progress",
    r"deaf|asleep": "name what the process or the queue does not do",
    r"e-mail(?:s|ed|ing)?": "email",
    r"time-outs?": "timeout",
    r"catalogue[sd]?": "catalog",
    r"cancelling": "canceling",
    r"(?:colour|behaviour|favour|honour|labour|neighbour)(?:s|ed|ing|al|able)?": "-or",
    r"(?:recogni|neutrali|normali|organi|initiali|summari|apologi)s(?:e[sd]?|ing|ation)": "-ize",
    r"(?:acknowledge|judge)ment": "acknowledgment, judgment",
    r"centres?|licences?|greys?": "center, license, gray",
    r"1 (?:rows|products|errors|files|uploads|emails|items|seconds|minutes|hours|days)": "singular",
}
# The words of a phrase may be on two lines, with comment or string marks between them.
GAP = r"""[\s#"']+"""
BANNED = re.compile(
    rf"(?<!\w)(?:{'|'.join(f'({each})' for each in REPLACED)})(?!\w)".replace(" ", GAP),
    re.IGNORECASE,
)
# The status `cancelled` is a key; in a sentence the word has one l.
CANCELLED = re.compile(r"""Cancelled|(?<![\w"'`.=/|-])cancelled(?![\w"'`-])""")
CODE = re.compile(r"`[^`\n]+`")

# The description of a security group, which cannot change without replacing the group.
FIXED = ("All other tasks: nobody speaks to them",)
SUFFIXES = {".md", ".html", ".txt", ".py", ".js", ".toml", ".yaml", ".yml"}
ON_PURPOSE = {"tests/docs/test_wording.py"}
NOT_YET: set[str] = set()


def texts() -> list[str]:
    """All files of the repository whose text we wrote."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(
        name
        for name in set(listed.stdout.splitlines()) - ON_PURPOSE
        if Path(name).suffix in SUFFIXES or Path(name).name in ("Makefile", "Dockerfile")
        if not name.startswith("requirements") and "/migrations/" not in name  # never edited
        if "/foreign/files/" not in name  # as other programs write them, in any encoding
        if (ROOT / name).exists()
    )


def prose(name: str) -> str:
    """The text without code in backticks; of Python, comments and strings that are not keys."""
    source = (ROOT / name).read_text()
    for text in FIXED:
        source = source.replace(text, "")
    if name.endswith(".py"):
        source = "\n".join(in_words(source))
    return CODE.sub("", source)


def in_words(source: str) -> list[str]:
    """The lines of a program, reduced to comments and texts."""
    lines = [""] * len(source.splitlines())
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        is_text = token.type == tokenize.STRING and re.search(r"\s|^\w*\W+[A-Z]", token.string)
        if is_text or token.type == tokenize.COMMENT:
            for number, line in enumerate(token.string.splitlines(), token.start[0] - 1):
                lines[number] += f" {line}"
    return lines


@cache
def offenses(name: str) -> list[str]:
    return list(found_in(prose(name), name))


def found_in(text: str, name: str = "") -> Iterator[str]:
    for found in BANNED.finditer(text):
        instead = list(REPLACED.values())[(found.lastindex or 1) - 1]
        yield f"{place_of(found, name)}, instead: {instead}"
    for found in CANCELLED.finditer(text):
        yield f"{place_of(found, name)}, instead: canceled"


def place_of(found: re.Match[str], name: str) -> str:
    return f"{name}:{found.string.count(chr(10), 0, found.start()) + 1}: “{found[0]}”"


def is_excused_by(place: str, name: str) -> bool:
    """Whether a file is that entry or, unless it is a document, below it."""
    return name == place or (name.startswith(f"{place}/") and not name.endswith(".md"))


def test_no_text_contains_a_replaced_word() -> None:
    rewritten = [name for name in texts() if not any(is_excused_by(p, name) for p in NOT_YET)]
    assert [offense for name in rewritten for offense in offenses(name)] == []


def test_rewritten_files_are_not_on_the_list() -> None:
    to_do = [name for name in texts() if offenses(name)]
    assert [p for p in sorted(NOT_YET) if not any(is_excused_by(p, name) for name in to_do)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Whoever mends it, is told.", 3),
        ("The e-mail is under way.", 2),
        ("Cancelled: the upload was cancelled.", 2),
        ("status 'cancelled', status-cancelled", 0),
        ("It is turned\n    # down, and passed\n'over'.", 2),
        ("recommend, fasten, unfold, harvest, goodness", 0),
        ("11 rows, 1 row, 1 rows", 1),
    ],
)
def test_a_word_is_found(text: str, count: int) -> None:
    assert len(list(found_in(text))) == count
