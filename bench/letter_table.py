"""Writes imports/formats/letters.txt: which letters stand beside the accented ones of a language.

    python -m bench.letter_table

Counted in the translations of Django and pycountry, which are installed anyway: product names are
short, and so are these texts. Only frequencies are kept.
"""

import gettext
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import django
import pycountry

from imports.formats.letters import NEIGHBORS, TABLE, is_letter, neighbor

# Group: languages, each by its name in pycountry and in Django, and the code page that holds them.
GROUPS = {
    "western": (
        "cp1252",
        [
            *("ca", "da", "de", "es", "et", "eu", "fi", "fr", "gl", "is", "it", "nl", "nn"),
            *("pt", "pt_BR", "sq", "sv", "nb_NO:nb", "cy", "ga", "af"),
        ],
    ),
    "central": ("cp1250", ["cs", "hr", "hu", "pl", "ro", "sk", "sl", "sr@latin:sr_Latn"]),
    "turkish": ("cp1254", ["tr"]),
    "baltic": ("cp1257", ["lt", "lv"]),
    "vietnamese": ("cp1258", ["vi"]),
}
DOMAINS = ("iso3166-1", "iso3166-2", "iso639-3", "iso15924", "iso4217")
MOST_PER_DOMAIN = 3_000
WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*(?:['’][^\W\d_]+)*")
NO_WORDS = re.compile(r"%\(\w+\)s|%[sd]|<[^>]+>|&\w+;|\{\w*\}")
# Romanian as old code pages have it: with cedillas for commas.
CEDILLAS = str.maketrans("șțȘȚ", "şţŞŢ")
TONES = "\u0300\u0301\u0303\u0309\u0323"  # which Vietnamese's code page writes after the letter
RAREST = 2e-5
Weights = defaultdict[str, float]


def main() -> None:
    lines = [
        "# Written by bench/letter_table.py. Group, letter, then minus the logarithm of how often",
        "# it is meant among letters beyond ASCII, and how often it follows, and precedes, each of",
        f"# {NEIGHBORS!r}; times four, the latter in base 36.",
    ]
    for group, (code_page, languages) in GROUPS.items():
        lines += table(group, code_page, languages)
    TABLE.write_text("\n".join(lines) + "\n")


def texts(language: str) -> Iterator[str]:
    in_pycountry, _, in_django = language.partition(":")
    folder = Path(pycountry.__file__).parent / "locales" / in_pycountry / "LC_MESSAGES"
    for domain in DOMAINS:
        if (path := folder / f"{domain}.mo").exists():
            yield from messages(path)[:MOST_PER_DOMAIN]
    places = f"c*/**/locale/{in_django or in_pycountry}/LC_MESSAGES/*.mo"
    for path in sorted(Path(django.__file__).parent.glob(places)):
        yield from (NO_WORDS.sub("", text) for text in messages(path))


def messages(path: Path) -> list[str]:
    with path.open("rb") as file:
        catalog: dict[str, object] = vars(gettext.GNUTranslations(file))["_catalog"]
    return [text for key, text in catalog.items() if key and isinstance(text, str)]


def as_written(text: str, code_page: str) -> str:
    """The text as its code page holds it."""
    if code_page == "cp1250":
        return text.translate(CEDILLAS)
    if code_page != "cp1258":
        return text
    pieces = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in TONES))
        pieces += [base, *(part for part in parts if part in TONES)]
    return "".join(pieces)


def table(group: str, code_page: str, languages: list[str]) -> list[str]:
    every: defaultdict[str, float] = defaultdict(float)
    before: defaultdict[str, Weights] = defaultdict(lambda: defaultdict(float))
    after: defaultdict[str, Weights] = defaultdict(lambda: defaultdict(float))
    for language in languages:
        words = Counter(
            word.replace("İ", "\0").lower().replace("\0", "İ")  # its small form is two characters
            for text in texts(language)
            for word in WORD.findall(as_written(text, code_page))
        )
        found = list(pairs(words, code_page))
        share = 10_000 / (sum(weight for *_, weight in found) or 1)  # each language counts alike
        for left, letter, right, weight in found:
            every[letter] += weight * share
            before[letter][neighbor(left)] += weight * share
            after[letter][neighbor(right)] += weight * share
    total = sum(every.values())
    return [
        f"{group} {letter} {-math.log(count / total) * 4:.0f} {row(before[letter])} "
        f"{row(after[letter])}"
        for letter, count in sorted(every.items())
        if count / total > RAREST
    ]


def pairs(words: Counter[str], code_page: str) -> Iterator[tuple[str, str, str, float]]:
    for word, count in words.items():
        padded = f" {word} "
        for i, letter in enumerate(word, 1):
            if not letter.isascii() and is_letter(letter) and letter.encode(code_page, "ignore"):
                yield padded[i - 1], letter, padded[i + 1], 1 + math.log(count)


def row(counts: Weights) -> str:
    """A digit in base 36 for each neighbor, as if 200 had been counted and half a one more."""
    total = sum(counts.values())
    scale = min(1.0, 200 / total)
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    chances = (
        (counts[n] * scale + 0.5) / (total * scale + 0.5 * len(NEIGHBORS)) for n in NEIGHBORS
    )
    return "".join(digits[round(-math.log(chance) * 4)] for chance in chances)


if __name__ == "__main__":
    main()
