"""Which encoding a vendor's file is written in.

A spreadsheet program does not say, so the bytes must. UTF-8 is recognized by being valid; what is
not valid is taken for Windows-1252 only when nothing in it looks like UTF-8, because a wrong guess
stores ``Ã©`` for ``é`` in silence while a refusal costs the vendor one "Save as".
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 18  # bytes held at a time, whatever the size of the file
MARK_ERRORS = "imports-mark-undecodable"
MARK = "\udcff"  # stands where a byte could not be read; a strict decoder never yields it

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# A file that ends in one of these alone was cut within a character: they begin the UTF-8 forms of
# é ü £ and of dashes and quotes. Other first bytes may well be the letter that ends a file: é is
# one in Windows-1252.
_CUT_AFTER = (b"\xc2", b"\xc3", b"\xe2")


class Undecodable(Exception):
    """The file is in none of the encodings we read; ``encoding`` is the one it fails."""

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self.encoding = encoding


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
                raise Undecodable(encoding)
            return encoding

    failure = _failure(path, "utf-8")
    if failure is None:
        return "utf-8"
    if _is_cut_short(failure) or _has_utf8_beyond_ascii(path):
        raise Undecodable("utf-8")
    if _failure(path, "cp1252") is not None:
        raise Undecodable("cp1252")
    return "cp1252"


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


def _has_utf8_beyond_ascii(path: Path) -> bool:
    # Dropping what is not UTF-8 leaves ASCII, unless something beyond ASCII was valid.
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    return any(not decoder.decode(chunk).isascii() for chunk in _chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error(MARK_ERRORS, _mark)
