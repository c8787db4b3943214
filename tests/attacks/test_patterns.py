"""No regular expression of ours takes more than linear time, whatever it reads.

All compiled patterns are found by walking the modules. Each reads strings made of what it contains,
repeated; the time of a CPU may grow as the length does, and not as its square.
"""

import importlib
import pkgutil
import re
import string
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import catalog
import config
import imports
import onboarding
import vendors
import warehouse
from config.redaction import MAX_CHARACTERS, scrubbed

constants, parser = (importlib.import_module(f"re.{name}") for name in ("_constants", "_parser"))
OURS = (catalog, config, imports, onboarding, vendors, warehouse)
NOT_IMPORTED = re.compile(r"\.migrations\.|\.wsgi$")
LENGTHS = (8, 12, 16, 20, 24, 28, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
COUNTS = 2e-3  # seconds of a CPU; below, the clock is too coarse
ENOUGH = 16e-3  # above, no longer text is tried
APART = 8  # far enough that a CPU that others use as well does not hide the difference
STEEPEST = 1.6  # exponent of the length
MOST_CHARACTERS = 7


def modules() -> Iterator[ModuleType]:
    for package in OURS:
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not NOT_IMPORTED.search(found.name):
                yield importlib.import_module(found.name)


def regex_of(thing: object) -> object:
    """Of Django's validators and converters."""
    return getattr(thing, "regex", None)


def patterns() -> dict[str, "re.Pattern[str]"]:
    """Every pattern of text, by the place where it was found first."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        for name, value in list(vars(module).items()):
            inner = vars(value).items() if isinstance(value, type) else ()
            for part, thing in [("", value), *inner]:
                pattern: Any = thing if isinstance(thing, re.Pattern) else regex_of(thing)
                is_ours = isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str)
                if is_ours and pattern not in found.values():
                    found[f"{module.__name__}.{name}.{part}".rstrip(".")] = pattern
    return found


def characters(pattern: "re.Pattern[str]") -> str:
    """Some characters that the pattern speaks of, and one that it does not."""
    kept: list[str] = []

    def walk(tree: Any) -> None:
        if isinstance(tree, tuple | list | parser.SubPattern):
            items = list(tree)
            if len(items) == 2 and items[0] in (constants.LITERAL, constants.NOT_LITERAL):
                kept.append(chr(items[1]))
                return
            for item in items:
                walk(item)

    walk(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    usual = [each for each in "a1 .-\n" if pattern.search(each) or each in "a1 "]
    unique = dict.fromkeys([*usual, *kept])
    return "".join([each for each in unique if each in string.printable][:MOST_CHARACTERS])


def is_searched(name: str) -> bool:
    """Whether it is searched for in a text, and not only compared with the beginning or all."""
    return name.rpartition(".")[2] not in COMPARED


def seconds(use: Callable[[str], object], text: str) -> float:
    """Of a CPU; the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        use(text)
        best = min(best, time.thread_time() - began)
    return best


def is_steep(use: Callable[[str], object], piece: str, before: str, after: str) -> bool:
    """Whether a text that is `APART` times as long takes far more than that many times as long; or,
    of what explodes before that, the next longer text."""
    taken: list[tuple[int, float]] = []
    for length in [n // len(piece) for n in LENGTHS if n >= len(piece)]:
        taken.append((length, seconds(use, before + piece * length + after)))
        if taken[-1][1] > ENOUGH:
            break
    long, slow = taken.pop()
    if slow < COUNTS or not taken:
        return False
    short = max((length for length, _ in taken if length * APART <= long), default=taken[-1][0])

    def grows() -> bool:
        once = seconds(use, before + piece * short + after)
        again = seconds(use, before + piece * long + after)
        return bool(again / max(once, COUNTS / 100) > (long / short) ** STEEPEST)

    return grows() and grows()


PATTERNS = patterns()
SOURCES = "\n".join(
    path.read_text() for package in OURS for path in Path(package.__path__[0]).rglob("*.py")
)
# Patterns whose every use is `match` or `fullmatch`.
COMPARED = set(re.findall(r"\b([A-Z_]+)\.(?:full)?match\(", SOURCES)) - set(
    re.findall(r"\b([A-Z_]+)\.(?:search|sub|subn|split|finditer|findall)\b", SOURCES)
)


def test_the_patterns_are_found() -> None:
    assert "config.redaction.ADDRESS" in PATTERNS
    assert len(PATTERNS) > 25


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_linear_time(name: str) -> None:
    pattern = PATTERNS[name]
    use = partial(pattern.sub, "") if is_searched(name) else pattern.fullmatch
    known = characters(pattern)
    pieces = [*known, *("".join(pair) for pair in product(known, repeat=2) if pair[0] != pair[1])]
    for piece in pieces:
        for before, after in (("", ""), ("", "!"), (known[0], "\x01")):
            assert not is_steep(use, piece, before, after), (piece, before, after)


@pytest.mark.parametrize("text", [r"(a+)+b", r"[\w.]+@", r"(?:a|a)*c", r"\s+$"])
def test_a_bad_pattern_is_found(text: str) -> None:
    search = re.compile(text).search
    assert any(is_steep(search, piece, "", "!") for piece in ("a", " ", "."))


def test_a_long_message_is_cut_before_it_is_searched() -> None:
    assert len(scrubbed("a" * 260_000)) < MAX_CHARACTERS + 100
    assert scrubbed("to alice@people.example.com at once") == "to …@… at once"
    assert scrubbed(f"{'x' * 50_000} /reports/secret").endswith("/reports/…")
