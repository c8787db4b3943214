"""What a file is when it is not a CSV file: the words for a vendor who uploaded the wrong one."""

import re

HEAD = 1 << 16  # bytes (or characters) from the start that are enough to tell
TAIL = 1 << 16  # a ZIP archive lists its contents at its end

# Each holds bytes that no CSV header begins with. Formats whose mark is plain letters (BMP's "BM",
# a program's "MZ") are left out: a column may be called that, and their NULs give them away.
_BINARIES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)"),
        (rb"\x09[\x00\x02\x04\x08][\x00-\x10]\x00", "an Excel workbook (.xls)"),
        (rb"%PDF-", "a PDF document"),
        (rb"\x89PNG", "a PNG picture"),
        (rb"\xff\xd8\xff", "a JPEG picture"),
        (rb"GIF8[79]a", "a GIF picture"),
        (rb"RIFF....WEBP", "a WebP picture"),
        (rb"II\*\x00|MM\x00\*", "a TIFF picture"),
        (rb"\x1f\x8b", "a gzip archive"),
        (rb"BZh.1AY&SY", "a bzip2 archive"),
        (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (rb"\xfd7zXZ\x00", "an xz archive"),
        (rb"Rar!\x1a\x07", "a RAR archive"),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (rb".{257}ustar", "a tar archive"),
        (rb"PAR1\x15", "a Parquet file"),
        (rb"ARROW1\x00", "an Arrow file"),
        (rb"Obj\x01", "an Avro file"),
        (rb"SQLite format 3\x00", "an SQLite database"),
        (rb"bplist00", "an Apple property list"),
        (rb"\{\\rtf", "an RTF document"),
        (rb"\x7fELF", "a program"),
        (rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff", "text in UTF-32"),
    )
)
_ZIP = re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")

# Named by what the archive holds; the first match wins, so the general name comes last.
_IN_ZIP: tuple[tuple[bytes, str], ...] = (
    (b"xl/", "an Excel workbook (.xlsx)"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
    (b".iwa", "a Numbers spreadsheet (.numbers)"),
    (b"word/", "a Word document (.docx)"),
    (b"ppt/", "a PowerPoint presentation (.pptx)"),
    (b"", "a ZIP archive"),
)

_DOCUMENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\s*<(?:!doctype\s+html|html|head|body|table)\b", re.IGNORECASE),
        "a web page (HTML)",
    ),
    (re.compile(r"\s*<\?xml\s", re.IGNORECASE), "an XML document"),
    (re.compile(r'\s*\{\s*(?:"[^"\r\n]{0,200}"\s*:|\}\s*\Z)'), "a JSON document"),
    (re.compile(r'\s*\[\s*(?:\{\s*"[^"\r\n]{0,200}"\s*:|\[\s*"|"|\]\s*\Z)'), "a JSON document"),
)

_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")


def of_bytes(head: bytes, tail: bytes) -> str | None:
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
    return "UTF-16 text without a byte order mark" if is_utf16 else "binary data"


def of_text(start: str) -> str | None:
    """Name the document the text is for certain; None when it may be CSV."""
    return next((words for pattern, words in _DOCUMENTS if pattern.match(start)), None)


def of_header(cells: list[str]) -> str | None:
    """Tell a header that holds control characters, which no column name does."""
    return "binary data" if any(_BINARY.search(cell) for cell in cells) else None
