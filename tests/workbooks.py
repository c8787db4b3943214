"""Excel workbooks for tests, written part by part, so that a test says what exactly is in a file.

`workbook(...)` gives the bytes of one that Excel would open. Its parts can be replaced, for shapes
that other programs write or that no program does.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Rows = Sequence[Sequence[object]]
# A header of products, and a valid row.
HEADER: list[object] = [
    "Vendor Product ID",
    "Product Name",
    "Category",
    "SKU",
    "Price",
    "Stock Quantity",
]
ROW: list[object] = ["VP-1", "Mouse", "Audio", "S-1", 19.99, 5]


def workbook(
    rows: Rows = (),
    *,
    sheets: Mapping[str, Rows] | None = None,
    formats: Sequence[str] = (),
    workbook_xml: str = "",
    hidden: Sequence[str] = (),
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """The rows on a sheet, or several sheets by their names. A cell is a text or a number, or XML
    where it is `Xml`; style n + 1 has the n-th of `formats`. `workbook_xml` is added to the part
    of the workbook, `parts` are added or replaced; an empty one is left out."""
    sheets = {"Sheet1": rows} if sheets is None else sheets
    names = list(sheets)
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types(len(names)),
        "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"{workbook_xml}<sheets>"
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"'
            + (' state="hidden"/>' if name in hidden else "/>")
            for i, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            {f"rId{i}": ("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)}
            | {"rIdS": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": styles(formats),
    }
    for i, name in enumerate(names, 1):
        found[f"xl/worksheets/sheet{i}.xml"] = sheet(sheets[name])
    return zipped(found | dict(parts or {}))


class Xml(str):
    """A cell as it stands in the sheet's XML."""

    __slots__ = ()


def sheet(rows: Rows, *, after: str = "") -> str:
    lines = [
        f'<row r="{r}">'
        + "".join(cell(value, f"{column(c)}{r}") for c, value in enumerate(row))
        + "</row>"
        for r, row in enumerate(rows, 1)
        if row
    ]
    return (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{after}</worksheet>'
    )


def cell(value: object, place: str) -> str:
    if isinstance(value, Xml):
        return value.replace("<c", f'<c r="{place}"', 1)
    if isinstance(value, str):
        text = escape(value)
        return (
            f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            if value
            else ""
        )
    return f'<c r="{place}"><v>{value}</v></c>'


def styled(value: object, style: int) -> Xml:
    return Xml(f'<c s="{style}"><v>{value}</v></c>')


def column(position: int) -> str:
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{i}" formatCode={quoteattr(code)}/>'
        for i, code in enumerate(formats, 164)
    )
    used = "".join(f'<xf numFmtId="{i}"/>' for i in [0, *range(164, 164 + len(formats))])
    return (
        f'{XML}<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>'
    )


def relations(found: Mapping[str, tuple[str, str]]) -> str:
    lines = (
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in found.items()
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}">{"".join(lines)}</Relationships>'


def content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>'
        for i in range(1, sheets + 1)
    )
    return (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f"{parts}</Types>"
    )


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if content:
                archive.writestr(name, content)
    return data.getvalue()
