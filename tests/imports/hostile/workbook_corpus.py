"""Workbooks that no vendor should send but some will, and what becomes of each.

A file is either refused, or its one row is read: then `cells` are those of the row.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.workbooks import MAIN, OFFICE, PACKAGE, XML, Xml, relations, sheet, workbook, zipped

ROWS: list[Sequence[object]] = [["a", "b"], ["1", "2"]]
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
LINKS = "xl/_rels/workbook.xml.rels"
GOOD = workbook(ROWS)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@dataclass(frozen=True)
class Hostile:
    """`make` gives the file, because some are made of much text."""

    name: str
    make: Callable[[], bytes]
    refusal: str = ""
    says: str = ""  # words of the message
    cells: Sequence[str] = ()


def broken(name: str, data: bytes, says: str = "damaged") -> Hostile:
    return Hostile(name, lambda: data, "BROKEN_XLSX", says)


def large(name: str, make: Callable[[], bytes], says: str) -> Hostile:
    return Hostile(name, make, "XLSX_TOO_LARGE", says)


def with_sheet(xml: str) -> bytes:
    return workbook(ROWS, parts={SHEET: xml})


def rows(xml: str) -> bytes:
    """A sheet whose rows are this XML."""
    return with_sheet(f'<worksheet xmlns="{MAIN}"><sheetData>{xml}</sheetData></worksheet>')


def with_strings(*texts: str, row: Sequence[object] = ()) -> bytes:
    """A workbook with shared texts, and a row of XML that uses them."""
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    links = relations(
        {
            "rId1": ("worksheet", "worksheets/sheet1.xml"),
            "rId2": ("sharedStrings", "sharedStrings.xml"),
        }
    )
    parts = {STRINGS: f'{XML}<sst xmlns="{MAIN}">{shared}</sst>', LINKS: links}
    return workbook([ROWS[0], row], parts=parts)


def with_type(xml: str) -> str:
    return xml.replace(XML, f'{XML}<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', 1)


def declaring(size: int) -> bytes:
    """A workbook that says that its last part has `size` bytes unpacked."""
    at = GOOD.rfind(b"PK\x01\x02") + 24
    return GOOD[:at] + size.to_bytes(4, "little") + GOOD[at + 4 :]


def larger_than_it_says() -> bytes:
    data = with_sheet(sheet(ROWS) + " " * 50_000_000)
    at = data.rfind(b"PK\x01\x02") + 24
    assert data[at : at + 4] != b"\0\0\0\0"
    return data[:at] + (1_000).to_bytes(4, "little") + data[at + 4 :]


def of_parts(count: int) -> bytes:
    return workbook(ROWS, parts={f"xl/media/image{i}.png": b"x" for i in range(count)})


def twice() -> bytes:
    data = io.BytesIO(GOOD)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(SHEET.upper(), sheet(ROWS))
    return data.getvalue()


def packed_by(method: int) -> bytes:
    data = io.BytesIO(GOOD)
    with zipfile.ZipFile(data) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def stored(mimetype: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("mimetype", mimetype)
    return data.getvalue()


def with_a_flag() -> bytes:
    """Every part is said to be encrypted, as the ZIP format can say it."""
    found = bytearray(GOOD)
    at = found.find(b"PK\x01\x02")
    while at >= 0:
        found[at + 8] |= 1
        at = found.find(b"PK\x01\x02", at + 4)
    return bytes(found)


def external(target: str) -> bytes:
    links = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )
    return workbook(ROWS, parts={LINKS: links})


WORKBOOKS = [
    large("100 MB unpacked, as it says", lambda: declaring(200_000_000), "190.7 MB"),
    Hostile("50 MB unpacked where it says 1,000", larger_than_it_says, "BROKEN_XLSX", "damaged"),
    large("more than 200 parts", lambda: of_parts(200), "limit is 200"),
    large("a directory of 70,000 parts", lambda: of_parts(20_000), "parts"),
    large("one shared text of 50 MB", lambda: with_strings("x" * 50_000_000), "a text of more"),
    large(
        "shared texts that need 380 MB",
        lambda: with_strings(*["x" * 999_990 + "\N{GRINNING FACE}"] * 95),
        "memory",
    ),
    large(
        "a shared text in two cells",
        lambda: with_strings("x" * 600_000, row=[Xml('<c t="s"><v>0</v></c>')] * 2),
        "row 2 has more than 1,000,000 characters",
    ),
    large(
        "a cell in the last row and column",
        lambda: rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "row 1,048,576 has a value beyond column 500",
    ),
    large(
        "a million elements", lambda: with_sheet(sheet(ROWS, after="<x/>" * 1_000_000)), "elements"
    ),
    large(
        "a million texts in a cell",
        lambda: rows(f"<row><c>{'<t/>' * 1_000_000}</c></row>"),
        "elements",
    ),
    large(
        "70,000 styles",
        lambda: workbook(ROWS, formats=[f'0"{i}"' for i in range(70_000)]),
        "65,490 formats",
    ),
    Hostile(
        "65,000 styles",
        lambda: workbook(ROWS, formats=[f'0"{i}"' for i in range(65_000)]),
        cells=["1", "2"],
    ),
    broken(
        "a row beyond the last", rows('<row r="1048577"><c><v>1</v></c></row>'), "row 1,048,577"
    ),
    broken("row 0", rows('<row r="0"><c><v>1</v></c></row>'), "row 0"),
    broken("a row twice", rows('<row r="2"/><row r="2"/>'), "row 2"),
    broken(
        "a cell twice", rows('<row><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'), "row 1"
    ),
    broken("a cell of another row", rows('<row r="1"><c r="A2"><v>1</v></c></row>'), "row 1"),
    broken("a cell beyond the last", rows('<row r="1"><c r="XFE1"><v>1</v></c></row>'), "row 1"),
    broken("20,000 empty cells", rows(f"<row>{'<c/>' * 20_000}</row>"), "row 1"),
    broken("entities in the sheet", with_sheet(with_type(sheet(ROWS))), "document type"),
    broken(
        "entities in the texts",
        workbook(
            ROWS,
            parts={
                STRINGS: with_type(f'{XML}<sst xmlns="{MAIN}"/>'),
                LINKS: relations(
                    {
                        "rId1": ("worksheet", "worksheets/sheet1.xml"),
                        "rId2": ("sharedStrings", "sharedStrings.xml"),
                    }
                ),
            },
        ),
        "document type",
    ),
    broken(
        "an entity from elsewhere",
        with_sheet(f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet xmlns="{MAIN}"/>'),
        "document type",
    ),
    broken("macros", workbook(ROWS, parts={"xl/vbaProject.bin": OLE}), "macros"),
    broken("old macros", workbook(ROWS, parts={"xl/macrosheets/sheet1.xml": "<x/>"}), "macros"),
    Hostile(
        "its cells are elsewhere", lambda: external("https://a.example/s.xml"), "XLSX_NO_SHEET"
    ),
    Hostile(
        "a link to another workbook",
        lambda: workbook([ROWS[0], [Xml("<c><f>[1]Sheet1!A1</f><v>7</v></c>"), "2"]]),
        cells=["7", "2"],
    ),
    broken(
        "a part above the archive",
        workbook(ROWS, parts={LINKS: relations({"rId1": ("worksheet", "../../../etc/passwd")})}),
    ),
    Hostile(
        "a password",
        lambda: OLE + bytes(2_000) + "EncryptedPackage".encode("utf-16-le") + bytes(9_000),
        "XLSX_PASSWORD",
    ),
    Hostile("a password of the ZIP format", with_a_flag, "XLSX_PASSWORD"),
    Hostile("an old workbook called .xlsx", lambda: OLE + bytes(9_000), "NOT_CSV", "(.xls)"),
    Hostile("a binary workbook", lambda: zipped({"xl/workbook.bin": b"x"}), "NOT_CSV", "(.xlsb)"),
    Hostile(
        "an OpenDocument spreadsheet",
        lambda: stored("application/vnd.oasis.opendocument.spreadsheet"),
        "NOT_CSV",
        "(.ods)",
    ),
    broken("cut in the middle", GOOD[: len(GOOD) // 2]),
    broken("cut at the end", GOOD[:-30]),
    broken("a part twice", twice()),
    broken("packed in another way", packed_by(zipfile.ZIP_LZMA)),
    broken("no workbook in it", zipped({"[Content_Types].xml": "<x/>", "xl/x": "x"})),
    broken("text instead of XML", with_sheet("a,b\n1,2\n")),
    broken("XML that is cut", with_sheet(sheet(ROWS)[:-20])),
    broken(
        "letters that are not UTF-8", workbook(ROWS, parts={SHEET: sheet(ROWS).encode() + b"\xff"})
    ),
    broken("a text that is not there", rows('<row><c t="s"><v>0</v></c></row>')),
    broken("a text before the first", with_strings("x", row=[Xml('<c t="s"><v>-1</v></c>')])),
    broken("a number that is none", rows("<row><c><v>NaN</v></c></row>")),
    broken("a number with underscores", rows("<row><c><v>1_000</v></c></row>")),
    broken("a cell of an unknown kind", rows('<row><c t="x"><v>1</v></c></row>')),
    Hostile(
        "a number beyond all",
        lambda: workbook([ROWS[0], [Xml("<c><v>1e999</v></c>"), "2"]]),
        cells=["inf", "2"],
    ),
    Hostile(
        "UTF-16",
        lambda: workbook(
            ROWS, parts={SHEET: sheet(ROWS).replace("UTF-8", "UTF-16").encode("utf-16")}
        ),
        cells=["1", "2"],
    ),
    Hostile(
        "a sign that is no character",
        lambda: workbook([ROWS[0], ["\ufdd0x", "2"]]),
        cells=["\ufffdx", "2"],
    ),
    Hostile(
        "elements in elements",
        lambda: with_sheet(sheet(ROWS, after="<x>" * 100_000 + "</x>" * 100_000)),
        cells=["1", "2"],
    ),
]
