"""Excel workbooks are read like the CSV files that would hold the same cells."""

from pathlib import Path
from typing import Any

import pytest

from imports import datasets
from imports.formats.layout import Layout
from imports.formats.sample import Unmatched
from imports.rules.refusals import Refused
from imports.rules.spreadsheet import marked
from tests.workbooks import (
    HEADER,
    MAIN,
    OFFICE,
    ROW,
    XML,
    Rows,
    Xml,
    relations,
    sheet,
    styled,
    workbook,
)


def read(tmp_path: Path, data: bytes, dataset: str = "products") -> tuple[Layout, list[Any]]:
    path = tmp_path / "file.csv"  # the name says nothing
    path.write_bytes(data)
    found = datasets.get(dataset)
    layout = found.inspect(path, len(data), "create")
    return layout, list(found.format.rows(path, layout))


def cells(tmp_path: Path, *row: object, **more: Any) -> list[str]:
    """The cells of one row of a workbook, as they are staged."""
    header = [f"Column {i}" for i in range(len(row))]
    _, rows = read(tmp_path, workbook([header, row], **more), "csv")
    return list(rows[0][1])


def test_a_sheet_is_read_by_its_own_row_numbers(tmp_path: Path) -> None:
    layout, rows = read(tmp_path, workbook([HEADER, ROW, [], ["", "  "], ROW[:2]]))
    assert (layout.sheet, layout.header_row, layout.data_rows) == ("Sheet1", 1, 2)
    assert [*layout.header] == HEADER
    assert rows == [
        (2, ["VP-1", "Mouse", "Audio", "S-1", marked("number", "19.99"), "5"]),
        (5, ["VP-1", "Mouse", "", "", "", ""]),
    ]


def test_the_layout_is_stored_and_read_again(tmp_path: Path) -> None:
    two: dict[str, Rows] = {"Products": [HEADER, ROW], "Notes": [["Please read"]]}
    layout, rows = read(tmp_path, workbook(sheets=two))
    again = Layout.from_json(layout.to_json())
    assert (again.sheet, [*again.other_sheets]) == ("Products", ["Notes"])
    assert list(datasets.get("products").format.rows(tmp_path / "file.csv", again)) == rows


def test_a_layout_that_was_just_found_reads_no_second_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(workbook([HEADER, ROW]))
    products = datasets.get("products")
    layout = products.inspect(path, 1, "create")
    rows = list(products.format.rows(path, layout))
    path.write_bytes(b"")
    assert list(products.format.rows(path, layout)) == rows
    assert layout.kept
    file = layout.kept._file
    assert not file.closed
    del layout
    assert file.closed


@pytest.mark.parametrize("first", ["Notes", "Products"])
def test_the_visible_sheet_that_has_our_columns_is_read(tmp_path: Path, first: str) -> None:
    sheets: dict[str, Rows] = {
        "Notes": [["Please fill in the next sheet"], ["Thank you"]],
        "Products": [["Price list"], [], HEADER, ROW],
        "Old": [HEADER, ROW],
    }
    ordered = {first: sheets[first], **sheets}
    layout, rows = read(tmp_path, workbook(sheets=ordered, hidden=["Old"]))
    assert (layout.sheet, [*layout.other_sheets]) == ("Products", ["Notes"])
    assert [number for number, _ in rows] == [4]


def test_of_sheets_with_the_same_columns_the_first_is_read(tmp_path: Path) -> None:
    layout, _ = read(tmp_path, workbook(sheets={"May": [HEADER, ROW], "June": [HEADER, ROW]}))
    assert layout.sheet == "May"


def test_if_no_sheet_has_our_columns_the_widest_is_asked_about(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "Notes": [["Please fill in the next sheet"], ["Thank you"]],
        "Articles": [["Nr", "Text", "Preis"], ["1", "Maus", "5"]],
    }
    with pytest.raises(Unmatched) as asked:
        read(tmp_path, workbook(sheets=sheets))
    assert asked.value.layout.sheet == "Articles"


def test_texts_are_joined_from_their_runs_without_how_they_are_spoken(tmp_path: Path) -> None:
    shared = (
        f'{XML}<sst xmlns="{MAIN}"><si><r><t>2.4 </t></r><r><rPr/><t>GHz</t></r></si>'
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
        '<si><t xml:space="preserve"> a_x000D_\nb _x005F_x000D_ </t></si></sst>'
    )
    links = relations(
        {
            "rId1": ("worksheet", "/xl/worksheets/sheet1.xml"),
            "rId2": ("sharedStrings", "sharedStrings.xml"),
        }
    )
    row = [Xml(f'<c t="s"><v>{i}</v></c>') for i in range(3)]
    inline = Xml('<c t="inlineStr"><is><r><t>x</t></r><r><t>y</t></r></is></c>')
    found = cells(
        tmp_path,
        *row,
        inline,
        parts={"xl/sharedStrings.xml": shared, "xl/_rels/workbook.xml.rels": links},
    )
    assert found == ["2.4 GHz", "東京", " a\r\nb _x000D_ ", "xy"]


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("5", "5"),
        ("0", "0"),
        ("-7", "-7"),
        ("007", "7"),
        ("4006381333931", "4006381333931"),
        ("4.006381333931E+12", "4006381333931"),
        ("1E3", "1000"),
        ("19.989999999999998", "19.99"),
        ("0.30000000000000004", "0.3"),
        ("19.90", "19.9"),
        ("5.0", "5"),
        ("1E-7", "0.0000001"),
        ("-0", "0"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_a_number_is_the_shortest_decimal(tmp_path: Path, stored: str, text: str) -> None:
    found = cells(tmp_path, styled(stored, 0))[0]
    assert found == (marked("number", text) if "." in text else text)


@pytest.mark.parametrize(
    ("code", "stored", "cell"),
    [
        ("000000", 123, "000123"),
        ("00", 5, "05"),
        ("00", 123, "123"),
        ("000000", 12.5, marked("words", "12.5")),
        ("0.00", 12.5, marked("number", "12.5")),
        ("#,##0", 1234, "1234"),
        ('"$"#,##0.00', 12, "12"),
        ('_-* #,##0.00\\ "€"_-;-* #,##0.00\\ "€"_-', 12, "12"),
        ("[$€-407]#,##0.00", 12, "12"),
        ("General", 12, "12"),
        ("@", 12, "12"),
        ("0.00E+00", 1200, "1200"),
        ('"SKU-"0000', 12, marked("words", "12")),
        ("000-000", 123456, marked("words", "123456")),
        ('0" kg"', 12, marked("words", "12")),
        ("0%", 0.15, marked("percent", "15%")),
        ("0.0%", 0.155, marked("percent", "15.5%")),
        ("yyyy-mm-dd", 46082, marked("date", "2026-03-01")),
        ("dd/mm/yyyy hh:mm", 46082.5, marked("date", "2026-03-01 12:00:00")),
        ("d-mmm", 46082, marked("date", "2026-03-01")),
        ("[$-407]d. mmmm yyyy", 46082, marked("date", "2026-03-01")),
        ("h:mm", 0.25, marked("date", "06:00:00")),
        ("[h]:mm", 1.5, marked("words", "1.5")),
        ("yyyy", -1, marked("date", "-1")),
        ("yyyy", 60, marked("date", "1900-02-29")),
        ("yyyy", 1, marked("date", "1900-01-01")),
        ("General", 1234567890123456, marked("long", "1234567890123460")),
        ("0000000000000000", 1234567890123456, marked("long", "1234567890123460")),
        ("[Red]0", 7, "7"),
        ("#,##0;[Red]-#,##0", 7, "7"),
    ],
)
def test_a_number_format_says_what_a_cell_shows(
    tmp_path: Path, code: str, stored: float, cell: str
) -> None:
    assert cells(tmp_path, styled(stored, 1), formats=[code]) == [cell]


def test_formats_that_every_program_knows_have_no_code(tmp_path: Path) -> None:
    links = "".join(f'<xf numFmtId="{i}"/>' for i in (14, 9, 10, 4, 22))
    style = f'{XML}<styleSheet xmlns="{MAIN}"><cellXfs>{links}</cellXfs></styleSheet>'
    found = cells(
        tmp_path,
        *(styled(0.5, i) for i in range(1, 4)),
        styled(46082, 0),
        parts={"xl/styles.xml": style},
    )
    assert found == [
        marked("percent", "50%"),
        marked("percent", "50%"),
        marked("number", "0.5"),
        marked("date", "2026-03-01"),
    ]


def test_days_may_be_counted_from_1904(tmp_path: Path) -> None:
    found = cells(
        tmp_path,
        styled(44620, 1),
        formats=["yyyy-mm-dd"],
        workbook_xml='<workbookPr date1904="1"/>',
    )
    assert found == [marked("date", "2026-03-01")]


@pytest.mark.parametrize(
    ("xml", "cell"),
    [
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="b"><v>0</v></c>', "FALSE"),
        ('<c t="e"><v>#N/A</v></c>', marked("error", "#N/A")),
        ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', marked("error", "#DIV/0!")),
        ("<c><f>A1*2</f><v>24</v></c>", "24"),
        ('<c t="str"><f>A1</f><v>text</v></c>', "text"),
        ('<c t="str"><f>A1</f><v></v></c>', ""),
        ("<c><f>A1*2</f></c>", marked("formula", "=A1*2")),
        ("<c><f>A1*2</f><v/></c>", marked("formula", "=A1*2")),
        ('<c t="d"><v>2026-03-01T00:00:00Z</v></c>', marked("date", "2026-03-01")),
        ("<c/>", ""),
    ],
)
def test_a_cell_that_is_no_text_says_so(tmp_path: Path, xml: str, cell: str) -> None:
    assert cells(tmp_path, "x", Xml(xml)) == ["x", cell]


def test_results_that_excel_would_calculate_again_are_not_read(tmp_path: Path) -> None:
    found = cells(
        tmp_path,
        Xml("<c><f>SUM(A1:A3)</f><v>0</v></c>"),
        workbook_xml='<calcPr calcId="124519" fullCalcOnLoad="1"/>',
    )
    assert found == [marked("formula", "=SUM(A1:A3)")]


def test_cells_and_rows_without_places_follow_each_other(tmp_path: Path) -> None:
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("a", "b"))
    row = '<row><c><v>1</v></c><c r="B2"><v>2</v></c></row>'
    xml = f'<worksheet xmlns="{MAIN}"><sheetData><row>{head}</row>{row}</sheetData></worksheet>'
    _, rows = read(tmp_path, workbook([[]], parts={"xl/worksheets/sheet1.xml": xml}), "csv")
    assert rows == [(2, ["1", "2"])]


def test_names_may_have_a_prefix_and_the_strict_namespace(tmp_path: Path) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    office = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    plain = sheet([HEADER, ROW]).replace(f' xmlns="{MAIN}"', f' xmlns:x="{strict}"')
    for name in ("worksheet", "sheetData", "row", "c", "v", "is", "t"):
        plain = plain.replace(f"<{name}>", f"<x:{name}>").replace(f"<{name} ", f"<x:{name} ")
        plain = plain.replace(f"</{name}>", f"</x:{name}>")
    book = (
        f'<x:workbook xmlns:x="{strict}" xmlns:q="{office}"><x:sheets>'
        '<x:sheet name="S" sheetId="1" q:id="rId1"/></x:sheets></x:workbook>'
    )
    parts = {"xl/worksheets/sheet1.xml": plain, "xl/workbook.xml": book}
    for name in ("_rels/.rels", "xl/_rels/workbook.xml.rels"):
        kind, target = (
            ("officeDocument", "xl/workbook.xml")
            if name == "_rels/.rels"
            else ("worksheet", "worksheets/sheet1.xml")
        )
        parts[name] = relations({"rId1": (kind, target)}).replace(OFFICE, office)
    layout, rows = read(tmp_path, workbook([[]], parts=parts))
    assert layout.sheet == "S"
    assert rows[0][1][:2] == ["VP-1", "Mouse"]


def test_merged_cells_have_a_value_in_the_first_only(tmp_path: Path) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells>'
    rows: list[list[object]] = [HEADER, ROW, ["VP-2", "Lamp", "", "S-2", 5, 1]]
    layout, found = read(
        tmp_path, workbook(rows, parts={"xl/worksheets/sheet1.xml": sheet(rows, after=merged)})
    )
    assert layout.merged == "C2:C3"
    assert found[1][1][2] == ""


def test_a_row_longer_than_the_header_stays_longer(tmp_path: Path) -> None:
    rows = [["a", "b"], ["1", "2", "  "], ["1", "2", "", "4"]]
    _, found = read(tmp_path, workbook(rows), "csv")
    assert found == [(2, ["1", "2"]), (3, ["1", "2", "", "4"])]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (workbook(sheets={"A": [HEADER, ROW]}, hidden=["A"]), "XLSX_NO_SHEET"),
        (workbook([]), "EMPTY_FILE"),
        (workbook([["", " "]]), "EMPTY_FILE"),
        (workbook([HEADER]), "NO_ROWS"),
        (workbook([HEADER[1:], ROW[1:]]), "MISSING_COLUMNS"),
        (workbook([HEADER, *[ROW] * 10_001]), "TOO_MANY_ROWS"),
        (workbook([[*HEADER, "x" * 1_001], ROW]), "INVALID_HEADER"),
    ],
)
def test_a_workbook_without_a_table_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read(tmp_path, data)
    assert caught.value.code == code


def test_json_data_sets_take_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="NOT_JSON"):
        read(tmp_path, workbook([HEADER, ROW]), "metrics")
