"""What a file is when it is not a CSV file, as a vendor who uploaded the wrong one reads it."""

import re
from mmap import ACCESS_READ, mmap
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import Words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = 1 << 16  # bytes (or characters) from the start that are enough to tell
TAIL = 1 << 16  # a ZIP archive lists its contents at its end

# Each holds bytes that no CSV header begins with. Formats whose mark is plain letters (BMP's "BM",
# a program's "MZ") are left out: a column may be called that, and their NULs give them away.
_BINARIES: tuple[tuple[re.Pattern[bytes], Words], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _("an Excel workbook (.xls)")),
        (rb"\x09[\x00\x02\x04\x08][\x00-\x10]\x00", _("an Excel workbook (.xls)")),
        (rb"%PDF-", _("a PDF document")),
        (rb"\x89PNG", _("a PNG picture")),
        (rb"\xff\xd8\xff", _("a JPEG picture")),
        (rb"GIF8[79]a", _("a GIF picture")),
        (rb"RIFF....WEBP", _("a WebP picture")),
        (rb"II\*\x00|MM\x00\*", _("a TIFF picture")),
        (rb"\x1f\x8b", _("a gzip archive")),
        (rb"BZh.1AY&SY", _("a bzip2 archive")),
        (rb"7z\xbc\xaf\x27\x1c", _("a 7z archive")),
        (rb"\xfd7zXZ\x00", _("an xz archive")),
        (rb"Rar!\x1a\x07", _("a RAR archive")),
        (rb"\x28\xb5\x2f\xfd", _("a Zstandard archive")),
        (rb".{257}ustar", _("a tar archive")),
        (rb"PAR1\x15", _("a Parquet file")),
        (rb"ARROW1\x00", _("an Arrow file")),
        (rb"Obj\x01", _("an Avro file")),
        (rb"SQLite format 3\x00", _("an SQLite database")),
        (rb"bplist00", _("an Apple property list")),
        (rb"\{\\rtf", _("an RTF document")),
        (rb"\x7fELF", _("a program")),
        (rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff", _("text in UTF-32")),
    )
)
# What Excel calls the contents of a workbook that is protected with a password.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0"
WORKBOOK = _("an Excel workbook (.xlsx)")
_ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")

# Named by what the archive holds; the first match wins, so the general name comes last.
_IN_ZIP: tuple[tuple[bytes, Words], ...] = (
    (b"xl/workbook.bin", _("an Excel binary workbook (.xlsb)")),
    (b"xl/", WORKBOOK),
    (b"opendocument.spreadsheet", _("an OpenDocument spreadsheet (.ods)")),
    (b".iwa", _("a Numbers spreadsheet (.numbers)")),
    (b"word/", _("a Word document (.docx)")),
    (b"ppt/", _("a PowerPoint presentation (.pptx)")),
    (b"", _("a ZIP archive")),
)

_DOCUMENTS: tuple[tuple[re.Pattern[str], Words], ...] = (
    (
        re.compile(r"\s*<(?:!doctype\s+html|html|head|body|table)\b", re.IGNORECASE),
        _("a web page (HTML)"),
    ),
    (re.compile(r"\s*<\?xml\s", re.IGNORECASE), _("an XML document")),
    (re.compile(r'\s*\{\s*(?:"[^"\r\n]{0,200}"\s*:|\}\s*\Z)'), _("a JSON document")),
    (re.compile(r'\s*\[\s*(?:\{\s*"[^"\r\n]{0,200}"\s*:|\[\s*"|"|\]\s*\Z)'), _("a JSON document")),
)

_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")


def ends_of(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - TAIL))
        return head, file.read(TAIL)


def is_workbook(path: Path) -> bool:
    """Whether the file is an Excel workbook of the present kind (.xlsx)."""
    head, tail = ends_of(path)
    if head.startswith(_OLE):
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            return content.find(_ENCRYPTED) >= 0
    return bool(_ZIP.match(head)) and of_bytes(head, tail) is WORKBOOK


def of_bytes(head: bytes, tail: bytes) -> Words | None:
    """Name the format by its first bytes, or by zeros in its first line; None for text."""
    if _ZIP.match(head):
        return next(words for inside, words in _IN_ZIP if inside in head or inside in tail)
    for pattern, words in _BINARIES:
        if pattern.match(head):
            return words
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None  # UTF-16: every other byte of it may be zero
    first_line = re.split(rb"[\r\n]", head.lstrip(), maxsplit=1)[0]
    if b"\x00" not in first_line:
        return None
    zeros = max(first_line[::2].count(0), first_line[1::2].count(0))
    is_utf16 = zeros > len(first_line) * 0.4
    return _("UTF-16 text without a byte order mark") if is_utf16 else _("binary data")


def of_text(start: str) -> Words | None:
    """Name the kind of document that the text certainly is; None when it may be CSV."""
    return next((words for pattern, words in _DOCUMENTS if pattern.match(start)), None)


def of_header(cells: list[str]) -> Words | None:
    """Recognize a header that contains control characters, which no column name does."""
    return _("binary data") if any(_BINARY.search(cell) for cell in cells) else None
