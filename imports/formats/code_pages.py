"""Which code page the bytes beyond ASCII of a text were meant in, where that can be known.

Code pages give the same byte different letters, and the file does not say which one wrote it. The
letters beside it do: é follows f and ends a word, й does neither among Latin letters. Windows-1252
is certain only if all of its signs and letters stand where Western words have them, and if every
other code page that reads the file otherwise makes much less likely words of it. On texts as short
as a product's name no library that we tried is as careful: see decision 61.
"""

import codecs
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from imports.formats.letters import is_letter, likelihood
from imports.rules.wording import Words

CHUNK = 1 << 16  # bytes held at a time, whatever the size of the file
CERTAIN = 3.0  # twenty times as likely
IMPLAUSIBLE = -16.0  # of a single byte
SAME_LETTERS_COUNT_UP_TO = 5.0  # letters that both code pages have say which languages are likely
MAX_NAMES = 3
MAX_FRAGMENTS_NAMED_BY = 500
MAX_FRAGMENTS = 50_000  # different ones; no language has as many


@dataclass(frozen=True)
class CodePage:
    codec: str
    name: Words
    group: str = ""  # of letters; "" for another alphabet
    handicap: float = 0.0  # of code pages that few programs write


WESTERN = CodePage("cp1252", _("Western European (Windows-1252)"), "western")
OTHERS = (
    CodePage("cp1250", _("Central European (Windows-1250)"), "central"),
    CodePage("iso8859-2", _("Central European (ISO 8859-2)"), "central"),
    CodePage("cp1254", _("Turkish (Windows-1254)"), "turkish"),
    CodePage("cp1257", _("Baltic (Windows-1257)"), "baltic"),
    CodePage("iso8859-4", _("Baltic (ISO 8859-4)"), "baltic", 3),
    CodePage("cp1258", _("Vietnamese (Windows-1258)"), "vietnamese"),
    CodePage("mac_roman", _("Western European (Mac)"), "western"),
    CodePage("mac_latin2", _("Central European (Mac)"), "central", 2),
    CodePage("cp850", _("Western European (DOS)"), "western"),
    CodePage("cp437", _("Western European (DOS)"), "western", 1),
    CodePage("cp852", _("Central European (DOS)"), "central"),
    CodePage("cp857", _("Turkish (DOS)"), "turkish", 2),
    CodePage("cp775", _("Baltic (DOS)"), "baltic", 2),
    CodePage("cp1251", _("Cyrillic (Windows-1251)")),
    CodePage("koi8-u", _("Cyrillic (KOI8)"), handicap=2),
    CodePage("iso8859-5", _("Cyrillic (ISO 8859-5)"), handicap=2),
    CodePage("cp866", _("Cyrillic (DOS)")),
    CodePage("mac_cyrillic", _("Cyrillic (Mac)"), handicap=2),
    CodePage("cp1253", _("Greek (Windows-1253)")),
    CodePage("cp737", _("Greek (DOS)"), handicap=2),
    CodePage("cp1255", _("Hebrew (Windows-1255)")),
    CodePage("cp862", _("Hebrew (DOS)"), handicap=2),
    CodePage("cp1256", _("Arabic (Windows-1256)")),
    CodePage("cp874", _("Thai (Windows-874)")),
)
# Two bytes a character: the codec, its name and the first bytes of its usual characters.
DOUBLE = (
    ("shift_jis", _("Japanese (Shift-JIS)"), frozenset([0x82, 0x83, *range(0x88, 0x98)])),
    ("euc_jp", _("Japanese (EUC-JP)"), frozenset([0xA4, 0xA5])),
    ("euc_kr", _("Korean (EUC-KR)"), frozenset(range(0xB0, 0xC9))),
    ("gbk", _("Chinese (GBK)"), frozenset(range(0xB0, 0xD8))),
    ("big5", _("Chinese (Big5)"), frozenset(range(0xA4, 0xC7))),
)

GROUPS = ("", *dict.fromkeys(page.group for page in (WESTERN, *OTHERS) if page.group))

# Bytes beyond ASCII with up to two bytes of ASCII on each side; long runs in pieces.
_FRAGMENT = re.compile(
    rb"(?=[\x80-\xff])(?:(?<=([\x00-\x7f]{2}))|(?<=([\x00-\x7f]))|(?<![\x00-\x7f]))"
    rb"([\x80-\xff]{1,12})(?=([\x00-\x7f]{0,2}))"
)


@dataclass(frozen=True)
class Fragment:
    """Bytes beyond ASCII between two characters of ASCII before and two after them."""

    before: str
    data: bytes
    after: str

    @cached_property
    def western(self) -> str:
        return self.data.decode(WESTERN.codec, "replace")

    @cached_property
    def as_western(self) -> float:
        return likelihood(self.before, self.western, self.after, WESTERN.group)

    @cached_property
    def is_western(self) -> bool:
        """Can these be words, and signs between them, of Western languages?"""
        return self.as_western / len(self.data) > IMPLAUSIBLE and not has_capital_inside(
            self.before[-1] + self.western
        )

    def likelihood(self, page: CodePage) -> float:
        try:
            text = self.data.decode(page.codec)
        except UnicodeDecodeError:
            return 2 * IMPLAUSIBLE * len(self.data)
        return likelihood(self.before, text, self.after, page.group)

    @cached_property
    def may_be_utf8(self) -> bool:
        """In UTF-8, is it a letter or a sign that texts have? Two bytes of Windows-1252 such as É®
        happen to be a letter of an alphabet that few people can read."""
        try:
            text = self.data.decode()
        except UnicodeDecodeError:
            return False
        best = max(likelihood(self.before, text, self.after, group) for group in GROUPS)
        return best > self.as_western - CERTAIN


def fragments(path: Path) -> Iterator[Fragment]:
    """All different fragments of the file, as they are found, up to MAX_FRAGMENTS or a few more."""
    known: set[tuple[bytes, ...]] = set()
    for lines in pieces(path):
        found = set() if lines.isascii() else set(_FRAGMENT.findall(lines)) - known
        known |= found
        for two, one, data, after in found:
            yield Fragment((two or one).decode().rjust(2), data, after.decode().ljust(2))
        if len(known) > MAX_FRAGMENTS:
            return


def pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line, so that no fragment is divided, or, where a line is
    very long, anywhere."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            lines, end, following = chunk.rpartition(b"\n")
            yield rest + (lines + end if end else chunk)
            rest = following if end else b""
    yield rest


def is_certainly_western(found: Collection[Fragment]) -> bool:
    """Is the text in Windows-1252, and not likely in any other code page that reads it
    otherwise?"""
    if len(found) > MAX_FRAGMENTS or has_half_quotes(found):
        return False
    if not all(fragment.is_western for fragment in found):
        return False
    return all(advantage(found, page) >= CERTAIN for page in OTHERS)


def advantage(found: Collection[Fragment], page: CodePage) -> float:
    """How much likelier the text is in Windows-1252 than in another code page; infinite if it
    reads the same in both."""
    differing = page.handicap
    same_letters = 0.0
    differs = False
    for fragment in found:
        gain = fragment.as_western - fragment.likelihood(page)
        if fragment.data.decode(page.codec, "replace") != fragment.western:
            differs = True
            differing += gain
        elif page.group and all(map(is_letter, fragment.western)):
            same_letters += gain
    if not differs:
        return float("inf")
    # They make a likely reading likelier, and do not make up for an unlikely one.
    limit = SAME_LETTERS_COUNT_UP_TO if differing > 0 else 0.0
    return differing + min(limit, same_letters)


def has_capital_inside(text: str) -> bool:
    return any(a.islower() and b.isupper() for a, b in itertools.pairwise(text))


def has_half_quotes(found: Collection[Fragment]) -> bool:
    """Do curly quotation marks close that none opens, or open that none closes? Other code pages
    have letters in their places. Behind a digit, ” means inches."""
    closes = any("”" in f.western and not f.before[-1].isdigit() for f in found)
    german = any("„" in f.western for f in found) and any("“" in f.western for f in found)
    opens = any("“" in f.western for f in found) or any("„" in f.western for f in found)
    return opens != closes and not german


def by_likelihood(found: Collection[Fragment]) -> list[CodePage]:
    """All code pages, the likeliest first."""
    some = sorted(found, key=lambda fragment: fragment.data)[:MAX_FRAGMENTS_NAMED_BY]
    return sorted(
        (WESTERN, *OTHERS),
        key=lambda page: page.handicap - sum(fragment.likelihood(page) for fragment in some),
    )


def likely_names(found: Collection[Fragment]) -> list[Words]:
    """The names of the encodings that the file is likely to be in, the likeliest first."""
    some = sorted(found, key=lambda fragment: fragment.data)[:MAX_FRAGMENTS_NAMED_BY]
    weight = sum(len(fragment.data) for fragment in some)
    scores = {
        page: sum(f.likelihood(page) for f in some) - page.handicap for page in (WESTERN, *OTHERS)
    }
    best = max(scores.values())
    likely = [
        page.name
        for page, score in sorted(scores.items(), key=lambda item: -item[1])
        if score > max(best - 2 * CERTAIN, IMPLAUSIBLE * weight)
    ]
    return list(dict.fromkeys(likely))[:MAX_NAMES]


def double_bytes(path: Path, found: Collection[Fragment]) -> Iterator[Words]:
    """Encodings of two bytes a character in which the whole file is text of usual characters."""
    firsts = [first for f in found for first in f.data[::2] if len(f.data) % 2 == 0]
    if len(firsts) * 2 < len(found):
        firsts = [f.data[0] for f in found]
    for codec, name, usual in DOUBLE:
        share = sum(first in usual for first in firsts) / (len(firsts) or 1)
        if share > 0.8 and decodes(path, codec):
            yield name


def decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
