"""The same table as workbooks of several programs: two that are installed, and the shapes that
Excel, LibreOffice and Google Sheets write, part by part.

The shapes were written from the documented format and from what these programs are known to write:
namespaces, attributes, order of parts and styles differ, the cells do not.
"""

import io
from collections.abc import Callable, Sequence

import openpyxl
import xlsxwriter

from tests.workbooks import MAIN, OFFICE, XML, column, relations, workbook

Table = Sequence[Sequence[str | float]]
COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
X14AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"


def by_openpyxl(table: Table) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in table:
        sheet.append([value if value != "" else None for value in row])
    for cells in sheet:
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # not a formula, whatever it begins with
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def by_xlsxwriter(table: Table) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for r, row in enumerate(table):
            for c, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(r, c, value)
                else:
                    sheet.write_number(r, c, value)
    return file.getvalue()


def parts(table: Table, *, row: str, root: str, cell: str, before: str, after: str) -> bytes:
    """A workbook of shared texts; `row`, `root` and `cell` are attributes, {n} is a number."""
    texts: dict[str, int] = {}
    lines = []
    for r, values in enumerate(table, 1):
        cells = ""
        for c, value in enumerate(values):
            place = f'r="{column(c)}{r}"{cell}'
            if value == "":
                cells += f"<c {place}/>"
            elif isinstance(value, str):
                cells += f'<c {place} t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'
            else:
                cells += f"<c {place}><v>{value!r}</v></c>"
        lines.append(f'<row r="{r}"{row.format(n=len(values))}>{cells}</row>')
    sheet = (
        f"{XML}<worksheet {root}>{before}<sheetData>{''.join(lines)}</sheetData>{after}</worksheet>"
    )
    shared = "".join(f'<si><t xml:space="preserve">{escaped(text)}</t></si>' for text in texts)
    links = {
        "rId3": ("styles", "styles.xml"),
        "rId1": ("worksheet", "worksheets/sheet1.xml"),
        "rId4": ("sharedStrings", "sharedStrings.xml"),
    }
    return workbook(
        parts={
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": f'{XML}<sst xmlns="{MAIN}" count="9">{shared}</sst>',
            "xl/_rels/workbook.xml.rels": relations(links),
            "docProps/app.xml": f"{XML}<Properties/>",
        }
    )


def escaped(text: str) -> str:
    for sign, name in {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "_x000D_"}.items():
        text = text.replace(sign, name)
    return text


def as_excel(table: Table) -> bytes:
    return parts(
        table,
        root=f'xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="{COMPATIBLE}" mc:Ignorable="x14ac" '
        f'xmlns:x14ac="{X14AC}"',
        row=' spans="1:{n}" x14ac:dyDescent="0.25"',
        cell="",
        before='<dimension ref="A1:Z99"/><sheetViews><sheetView workbookViewId="0"><selection '
        'activeCell="A1" sqref="A1"/></sheetView></sheetViews><sheetFormatPr '
        'defaultRowHeight="15" x14ac:dyDescent="0.25"/><cols>'
        '<col min="1" max="3" width="9"/></cols>',
        after='<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75"/><extLst>'
        '<ext xmlns:x14="urn:x14" uri="{1}">'
        '<x14:f xmlns:xm="urn:xm">Sheet2!$A$1</x14:f></ext></extLst>',
    )


def as_libreoffice(table: Table) -> bytes:
    return parts(
        table,
        root=f'xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:xdr="urn:xdr" xmlns:mc="{COMPATIBLE}"',
        row=' customFormat="false" ht="12.8" hidden="false" customHeight="false" '
        'outlineLevel="0" collapsed="false"',
        cell=' s="0"',
        before='<sheetPr filterMode="false"><pageSetUpPr fitToPage="false"/></sheetPr>'
        '<cols><col collapsed="false" customWidth="false" hidden="false" max="16384" min="1" '
        'style="0" width="11.53515625"/></cols>',
        after='<printOptions headings="false"/><headerFooter><oddHeader>&amp;C&amp;A</oddHeader>'
        "</headerFooter>",
    )


def as_google(table: Table) -> bytes:
    return parts(
        table,
        root=f'xmlns="{MAIN}" xmlns:mx="http://schemas.microsoft.com/office/mac/excel/2008/main" '
        f'xmlns:r="{OFFICE}"',
        row="",
        cell=' s="0"',
        before='<sheetPr><outlinePr summaryBelow="0" summaryRight="0"/></sheetPr><sheetViews>'
        '<sheetView workbookViewId="0"/></sheetViews><sheetFormatPr customHeight="1" '
        'defaultColWidth="12.63" defaultRowHeight="15.75"/>',
        after='<drawing r:id="rId1"/>',
    )


WRITERS: dict[str, Callable[[Table], bytes]] = {
    "openpyxl": by_openpyxl,
    "XlsxWriter": by_xlsxwriter,
    "Excel": as_excel,
    "LibreOffice": as_libreoffice,
    "Google Sheets": as_google,
}
