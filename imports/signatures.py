"""What a file is when it is not a CSV file: the words for a vendor who uploaded the wrong one."""

import re

HEAD = 1 << 16  # bytes (or characters) from the start that are enough to tell
TAIL = 1 << 16  # a ZIP archive lists its contents at its end

# Each prefix holds bytes that no CSV header begins with. Formats whose mark is plain letters (BMP's
# "BM", a program's "MZ") are left out: a column may be called that, and their NULs give them away.
_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)"),
    (b"\x09\x08\x10\x00", "an Excel workbook (.xls)"),
    (b"\x09\x08\x08\x00", "an Excel workbook (.xls)"),
    (b"\x09\x04\x06\x00", "an Excel workbook (.xls)"),
    (b"\x09\x00\x04\x00", "an Excel workbook (.xls)"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"PAR1\x15", "a Parquet file"),
    (b"ARROW1\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"bplist00", "an Apple property list"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"\xff\xfe\x00\x00", "text in UTF-32"),
    (b"\x00\x00\xfe\xff", "text in UTF-32"),
)

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
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return next(words for inside, words in _IN_ZIP if inside in head or inside in tail)
    if head.startswith(b"BZh") and head[4:10] != b"1AY&SY":
        return None
    for prefix, words in _PREFIXES:
        if head.startswith(prefix):
            return words
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP picture"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None  # UTF-16: every other byte of it may be zero
    first_line = re.split(rb"[\r\n]", head.lstrip(), maxsplit=1)[0]
    if b"\x00" not in first_line:
        return None
    zeros = max(first_line[::2].count(0), first_line[1::2].count(0))
    if zeros * 2 > len(first_line) * 0.8:
        return "UTF-16 text without a byte order mark"
    return "binary data"


def of_text(start: str) -> str | None:
    """Name the document the text is for certain; None when it may be CSV."""
    return next((words for pattern, words in _DOCUMENTS if pattern.match(start)), None)


def of_header(cells: list[str]) -> str | None:
    """Tell a header that holds control characters, which no column name does."""
    return "binary data" if any(_BINARY.search(cell) for cell in cells) else None
