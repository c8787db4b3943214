"""Which encoding a vendor's file is written in.

A spreadsheet program does not say, so the bytes must. UTF-8 is recognized by being valid. What is
not valid is taken for Windows-1252 only when that is certain: a wrong guess silently stores `¿ó³w`
for `żółw`, while a refusal costs the vendor one "Save as".
"""

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils.translation import gettext as _

from imports.formats import code_pages
from imports.rules.wording import Words, as_choice

CHUNK = 1 << 18  # bytes held at a time, whatever the size of the file
MARK_ERRORS = "imports-mark-undecodable"
MARK = "\udcff"  # stands where a byte could not be read; a strict decoder never yields it
WESTERN = code_pages.WESTERN.codec
NAMES: dict[str, Words] = {
    **{page.codec: page.name for page in (code_pages.WESTERN, *code_pages.OTHERS)},
    **{codec: name for codec, name, _usual in code_pages.DOUBLE},
}
UTF8_MARK = codecs.BOM_UTF8

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# A file that ends in one of these alone was cut within a character: they begin the UTF-8 forms of
# é ü £ and of dashes and quotes. Other first bytes may well be the letter that ends a file: é is
# one in Windows-1252.
_CUT_AFTER = (b"\xc2", b"\xc3", b"\xe2")


class Undecodable(Exception):
    """The file is not certainly in one encoding; `problem` says why, and the first byte that
    `fails` cannot read is where. `codecs`, with their names, are those it may be in."""

    def __init__(self, fails: str, problem: str, codecs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(problem)
        self.fails = fails
        self.problem = problem
        self.codecs = codecs


def detect(path: Path) -> str:
    """Name the encoding every byte of the file fits: utf-8, utf-16-le, utf-16-be or cp1252.

    A byte order mark, if any, is still the first character when read with the encoding named.
    Raises Undecodable.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            if _failure(path, encoding) is not None:
                raise Undecodable(encoding, _("the file begins as UTF-16 and is damaged"))
            return encoding

    failure = _failure(path, "utf-8")
    if failure is None:
        return "utf-8" if start.startswith(UTF8_MARK) or not _is_western(path) else WESTERN
    if start.startswith(UTF8_MARK) or _is_cut_short(failure):
        raise Undecodable("utf-8", _("the file begins as UTF-8 and is damaged"))
    found = list(code_pages.fragments(path))
    others = [fragment for fragment in found if not fragment.may_be_utf8]
    decodes = code_pages.decodes(path, WESTERN)
    if decodes and others == found and code_pages.is_certainly_western(found):
        return WESTERN
    in_pairs = list(code_pages.double_bytes(path, found))
    has_utf8 = len(others) < len(found)
    if has_utf8 and not in_pairs and all(fragment.is_western for fragment in others):
        raise Undecodable("utf-8", _("the file mixes UTF-8 and another character encoding"))
    problem = _("the file is not UTF-8, or is damaged")
    likely: list[tuple[str, str]] = []
    if names := in_pairs or code_pages.likely_names(found):
        problem = _("the file is not UTF-8. It could be {encodings}").format(
            encodings=as_choice(map(str, names))
        )
    if in_pairs or (names and not has_utf8):
        likely = [
            (codec, str(name)) for codec, name, _usual in code_pages.DOUBLE if name in in_pairs
        ]
        likely += [(page.codec, str(page.name)) for page in code_pages.by_likelihood(found)]
    raise Undecodable("utf-8" if has_utf8 else "ascii" if decodes else WESTERN, problem, likely)


def name_of(encoding: str) -> str:
    """The encoding as the upload's page names it."""
    names = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", **NAMES}
    return str(names.get(encoding, "UTF-16"))


def _is_western(path: Path) -> bool:
    """Is what could be read as UTF-8 certainly Windows-1252? `É®` happens to be valid UTF-8."""
    found = []
    for fragment in code_pages.fragments(path):
        if fragment.may_be_utf8:
            return False
        found.append(fragment)
    return bool(found) and code_pages.is_certainly_western(found)


def is_blank(path: Path) -> bool:
    """Tell a file of no bytes, or of nothing but white space (in ASCII's sense)."""
    return not any(chunk.strip() for chunk in _chunks(path))


def _failure(path: Path, encoding: str) -> UnicodeDecodeError | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return error
    return None


def _is_cut_short(failure: UnicodeDecodeError) -> bool:
    if failure.reason != "unexpected end of data":
        return False
    tail = failure.object[failure.start :]
    return len(tail) > 1 or tail in _CUT_AFTER


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error(MARK_ERRORS, _mark)
