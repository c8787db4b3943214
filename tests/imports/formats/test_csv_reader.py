"""Bytes to rows, case by case: each file stands in its test."""

import csv
import io
import json
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from imports.formats.csv_reader import MAX_ROW_CHARACTERS, rows, scan
from imports.formats.header import MAX_NAME_CHARACTERS
from imports.formats.layout import Layout
from imports.rules.refusals import Refused

Rows = list[tuple[int, list[str]]]
Read = Callable[..., tuple[Layout, Rows]]
Refuse = Callable[..., Refused]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: bytes, max_rows: int | None = None) -> tuple[Layout, Rows]:
        path = tmp_path / "file.csv"
        path.write_bytes(data)
        layout = scan(path, max_rows=max_rows)
        return layout, list(rows(path, layout))

    return read


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    def refuse(data: bytes, max_rows: int | None = None) -> Refused:
        path = tmp_path / "file.csv"
        path.write_bytes(data)
        with pytest.raises(Refused) as caught:
            scan(path, max_rows=max_rows)
        return caught.value

    return refuse


# The layout


def test_a_plain_file(read: Read) -> None:
    layout, found = read(b'sku,name\r\nA-1,Mouse\r\nA-2,"Cable, 2 m"\r\n')
    assert layout == Layout(
        encoding="utf-8",
        delimiter=",",
        header=("sku", "name"),
        header_row=1,
        data_rows=2,
        separator_line=False,
        raw_width=2,
    )
    assert found == [(2, ["A-1", "Mouse"]), (3, ["A-2", "Cable, 2 m"])]


def test_a_layout_survives_json(read: Read) -> None:
    layout, _ = read("sep=|\nsku|Größe\n1|2\n".encode())
    assert Layout.from_json(json.loads(json.dumps(layout.to_json()))) == layout


def test_a_layout_reads_the_same_rows_again(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"sep=;\na;b\n\n1;2\n")
    layout = Layout.from_json(scan(path, max_rows=None).to_json())
    assert list(rows(path, layout)) == list(rows(path, layout)) == [(3, ["1", "2"])]


def test_header_cells_are_stripped_and_body_cells_at_their_beginning(read: Read) -> None:
    layout, found = read(b" sku , name\xc2\xa0\n A ,\tb \n")
    assert layout.header == ("sku", "name")
    assert found == [(2, ["A ", "\tb "])]


def test_empty_header_cells_at_the_end_are_no_columns(read: Read) -> None:
    layout, found = read(b"a,,b,,\n1,2,3,,\n")
    assert layout.header == ("a", "", "b")
    assert found == [(2, ["1", "2", "3", "", ""])]


# Encodings


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("a,b\nCafé,“€”\n".encode(), "utf-8"),
        ("a,b\nCafé,“€”\n".encode("utf-8-sig"), "utf-8"),
        ("\ufeff\ufeffa,b\nCafé,“€”\n".encode(), "utf-8"),
        ("\ufeffa,b\nCafé,“€”\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffa,b\nCafé,“€”\n".encode("utf-16-be"), "utf-16-be"),
        ("a,b\nCafé,“€”\n".encode("cp1252"), "cp1252"),
    ],
)
def test_every_encoding_gives_the_same_cells(read: Read, data: bytes, encoding: str) -> None:
    layout, found = read(data)
    assert (layout.encoding, layout.header) == (encoding, ("a", "b"))
    assert found == [(2, ["Café", "“€”"])]


def test_a_quoted_header_after_a_byte_order_mark(read: Read) -> None:
    layout, _ = read(b'\xef\xbb\xbf"a, b","c"\n1,2\n')
    assert layout.header == ("a, b", "c")


def test_characters_beyond_the_basic_plane_in_utf16(read: Read) -> None:
    assert read("\ufeffa,b\n😀,2\n".encode("utf-16-le"))[1] == [(2, ["😀", "2"])]


@pytest.mark.parametrize("word", ["Café", "Rosé", "Cliché", "Purée"])
def test_windows_1252_may_end_in_an_accented_letter(read: Read, word: str) -> None:
    layout, found = read(f"a,b\n1,{word}".encode("cp1252"))
    assert (layout.encoding, found) == ("cp1252", [(2, ["1", word])])


def test_a_file_half_utf8_half_windows_1252_is_refused_with_the_row(refuse: Refuse) -> None:
    refused = refuse("a,b\n1,é\n\n2,".encode() + b"\xe9\n3,4\n")
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 4)
    assert "mixes UTF-8" in refused.message


def test_the_row_of_a_bad_byte_counts_like_any_row(refuse: Refuse) -> None:
    refused = refuse('sep=;\na;b\n"é\n\n";2\n\n'.encode() + b"\xe9;4\n")
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 4)


def test_a_byte_order_mark_rules_out_windows_1252(refuse: Refuse) -> None:
    refused = refuse(b"\xef\xbb\xbfa,b\n1,Caf\xe9\n")
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 2)


@pytest.mark.parametrize("byte", [b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"])
def test_bytes_that_windows_1252_does_not_define(refuse: Refuse, byte: bytes) -> None:
    refused = refuse(b"a,b\n1,Caf\xe9\n2," + byte + b"\n")
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 3)


@pytest.mark.parametrize("text", ["é", "€", "😀", "中é"])
def test_a_utf8_file_cut_within_a_character(refuse: Refuse, text: str) -> None:
    refused = refuse(f"a,b\n1,2\n3,{text}".encode()[:-1])
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 3)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_cut_within_a_character(refuse: Refuse, encoding: str) -> None:
    whole = "\ufeffa,b\n1,2\n3,😀".encode(encoding)
    for cut in (1, 2, 3):
        refused = refuse(whole[:-cut])
        assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 3), cut


def test_a_lone_surrogate_in_utf16(refuse: Refuse) -> None:
    refused = refuse("\ufeffa,b\n1,x\ud800y\n3,4\n".encode("utf-16-le", "surrogatepass"))
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 2)


def test_a_surrogate_written_as_utf8(refuse: Refuse) -> None:
    refused = refuse("a,b\né,x\n1,x\ud800y\n".encode("utf-8", "surrogatepass"))
    assert (refused.code, refused.detail.get("row")) == ("BAD_ENCODING", 3)


# Spaces beside quotation marks


@pytest.mark.parametrize(
    "line",
    [
        b'1, "two"',
        b'"1", "two"',
        b'"1" ,"two"',
        b' "1"  ,  "two"  ',
        b"1,two",
    ],
)
def test_spaces_around_a_value_do_not_count(read: Read, line: bytes) -> None:
    _, found = read(b"a,b\n" + line + b"\n3,4\n")
    assert found == [(2, ["1", "two"]), (3, ["3", "4"])]


def test_spaces_before_quoted_names_do_not_count(read: Read) -> None:
    assert read(b'"a", "b"\n1,2\n')[0].header == ("a", "b")


def test_spaces_before_quoted_values_choose_no_other_delimiter(read: Read) -> None:
    layout, found = read(b'id, "size; cm", note\n1, "10, 5; 7", x\n2, "20, 5; 8", y\n')
    assert layout.header == ("id", "size; cm", "note")
    assert found[0] == (2, ["1", "10, 5; 7", "x"])


def test_a_quoted_value_keeps_its_own_spaces_and_marks(read: Read) -> None:
    assert read(b'a,b\n"say ""hi"" , you",2\n')[1] == [(2, ['say "hi" , you', "2"])]


# What stands above a table


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("Our products\n", 2),
        ("Our products\n\nSpring 2026\n", 4),
        ("#TYPE System.Management.Automation.PSCustomObject\n", 2),
        ("# exported on Monday\n", 2),
        ("Our products,,,\n", 2),
        ("#INFO,Version=0.0.2,Template= eBay\n", 2),
        ("TemplateType=fptcustom,Version=2019.1210,The top rows are not yours\n", 2),
    ],
)
def test_a_title_above_the_table_is_refused_with_the_row_of_the_names(
    refuse: Refuse, above: str, row: int
) -> None:
    refused = refuse(above.encode() + b"sku,name,price\n1,Mouse,2\n2,Lamp,3\n3,Cup,4\n")
    assert refused.code == "INVALID_HEADER"
    assert f"seem to be in row {row}." in refused.message


@pytest.mark.parametrize(
    "data",
    [
        b"comment\nHello\nbye\nthanks\n",
        b"comment\nHello, you\nbye\nthanks, Ann, Bob\n",
        b"sku;price;weight\nA;1,5;2,5\nB;1,5;2,5\nC;1,5;2,5\n",
        b"# of items,price\n1,2\n3,4\n5,6\n",
        b"a\n1,2\n",
    ],
)
def test_a_header_that_is_one_is_no_title(read: Read, data: bytes) -> None:
    assert read(data)[0].header_row == 1


# Delimiters


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter(read: Read, delimiter: str) -> None:
    layout, found = read(delimiter.join("abc").encode() + b"\n" + delimiter.join("123").encode())
    assert (layout.delimiter, layout.header) == (delimiter, ("a", "b", "c"))
    assert found == [(2, ["1", "2", "3"])]


def test_semicolons_with_decimal_commas(read: Read) -> None:
    layout, found = read(b"sku;price;weight\nA;19,99;0,5\nB;5,00;1,25\n")
    assert layout.delimiter == ";"
    assert found[0] == (2, ["A", "19,99", "0,5"])


def test_a_comma_in_an_unquoted_name_does_not_beat_the_semicolons(read: Read) -> None:
    layout, _ = read(b"Price, net;Price, gross;SKU\n1;2;A\n")
    assert layout.header == ("Price, net", "Price, gross", "SKU")


def test_quoted_delimiters_do_not_count(read: Read) -> None:
    layout, found = read(b'"a;b;c;d","e"\n"1;2;3","4;5"\n')
    assert (layout.delimiter, layout.header) == (",", ("a;b;c;d", "e"))
    assert found == [(2, ["1;2;3", "4;5"])]


def test_rows_decide_when_the_header_allows_two(read: Read) -> None:
    layout, _ = read(b"size (w|h)|name,x|color,y\n1|b|c\n2|b|c\n")
    assert layout.delimiter == "|"
    layout, _ = read(b"sku,size w|h|d|e\n1,2\n1,3\n1,4\n")
    assert layout.delimiter == ","


def test_ragged_rows_do_not_confuse(read: Read) -> None:
    layout, _ = read(b"a,b,c\n1;2\n1;2\n1|2|3,4\n")
    assert layout.delimiter == ","


def test_one_column_is_divided_by_nothing(read: Read) -> None:
    layout, found = read(b'email\na@example.com\n"Doe, Jane; x|y"\nDoe, John\n')
    assert (layout.delimiter, layout.header) == ("", ("email",))
    assert found == [(2, ["a@example.com"]), (3, ["Doe, Jane; x|y"]), (4, ["Doe, John"])]


# Line ends, blank rows and row numbers


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_each_line_end(read: Read, end: str) -> None:
    assert read(end.join(["a,b", "1,2", "", "3,4"]).encode())[1] == [
        (2, ["1", "2"]),
        (4, ["3", "4"]),
    ]


def test_mixed_line_ends(read: Read) -> None:
    assert read(b"a,b\r\n1,2\n3,4\r5,6")[1] == [(2, ["1", "2"]), (3, ["3", "4"]), (4, ["5", "6"])]


def test_only_cr_lf_and_crlf_end_a_row(read: Read) -> None:
    odd = "x\x0b\x0c\x1c\x1e\x85\u2028\u2029y"
    assert read(f"a,b\n1,{odd}\n".encode())[1] == [(2, ["1", odd])]


def test_a_quoted_line_break_does_not_start_a_row(read: Read) -> None:
    found = read(b'a,b\n1,"x\r\ny\n\nz"\n2,w\n')[1]
    assert found == [(2, ["1", "x\r\ny\n\nz"]), (3, ["2", "w"])]


def test_blank_rows_are_left_out_but_count(read: Read) -> None:
    layout, found = read(b'a,b\n\n1,2\n,\n  \n" ","\t"\n\xc2\xa0,\n3,4\n,,,,,\n\n')
    assert found == [(3, ["1", "2"]), (8, ["3", "4"])]
    assert layout.data_rows == 2


def test_a_row_of_one_filled_cell_is_not_blank(read: Read) -> None:
    assert read(b"a,b,c\n,,x\n")[1] == [(2, ["", "", "x"])]


def test_blank_lines_above_the_header_count(read: Read) -> None:
    layout, found = read(b"\n,,\na,b\n1,2\n")
    assert (layout.header_row, layout.header) == (3, ("a", "b"))
    assert found == [(4, ["1", "2"])]


def test_blank_rows_above_a_single_column(read: Read) -> None:
    layout, found = read(b";;\na\n1;;\n")
    assert (layout.header_row, layout.header) == (2, ("a",))
    assert found == [(3, ["1", "", ""])]


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("sep=;\r\n", ";"),
        ('"sep=;"\r\n', ";"),
        ("\ufeffsep=;\n", ";"),
        ("SEP=|\r", "|"),
        ("sep=\t\n", "\t"),
        ("sep=,,,\n", ","),
        ("sep=^\n", "^"),
    ],
)
def test_a_sep_line_names_the_delimiter_and_is_no_row(
    read: Read, line: str, delimiter: str
) -> None:
    layout, found = read(line.encode() + f"a{delimiter}b,c\n1{delimiter}2\n".encode())
    assert (layout.delimiter, layout.header_row, layout.separator_line) == (delimiter, 1, True)
    assert found == [(2, ["1", "2"])]


def test_a_sep_line_in_utf16(read: Read) -> None:
    assert read("\ufeffsep=;\r\na;b\r\n1;2\r\n".encode("utf-16-le"))[1] == [(2, ["1", "2"])]


def test_a_column_called_sep_is_a_column(read: Read) -> None:
    assert read(b"sep=a,b\n1,2\n")[0].header == ("sep=a", "b")
    assert read(b"sep,b\n1,2\n")[0].header == ("sep", "b")


def test_a_sep_line_below_the_first_is_a_row(read: Read) -> None:
    assert read(b"\nsep=;x\n1\n")[0].header == ("sep=", "x")


def test_a_dos_end_of_file_mark_is_dropped(read: Read) -> None:
    assert read(b"a,b\r\n1,2\r\n\x1a")[1] == [(2, ["1", "2"])]
    assert read(b"a,b\r\n1,2\x1a\x1a")[1] == [(2, ["1", "2"])]
    assert read(b"a,b\r\n1,x\x1ay\r\n")[1] == [(2, ["1", "x\x1ay"])]


# Quotes


def test_quotation_marks_within_a_cell(read: Read) -> None:
    found = read(b'a,b\n27" monitor,6"\n"27"" monitor","say ""hi"""\n')[1]
    assert found == [(2, ['27" monitor', '6"']), (3, ['27" monitor', 'say "hi"'])]


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b'a,b\n1,"27" monitor"\n', 2),
        (b'a,b\n1,2\n\n3,"never closed\n4,5\n6,7\n', 4),
        (b'a,b\n1,2\n3,"', 3),
        (b'a,b\n1,"two\nlines" x\n', 2),
        (b'a,b\n1,"Mouse\n2,x\n3,"y"\n', 2),  # closed by the quote that opens a later cell
        (b'"a,b\n1,2\n3,4\n', 1),
        (b'sep=;\na;b\n1;"x\n', 2),
    ],
)
def test_an_unclosed_quote_is_refused_with_the_row_it_opens_in(
    refuse: Refuse, data: bytes, row: int
) -> None:
    refused = refuse(data)
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", row)
    assert refused.detail["row"] == row
    assert "quotation mark" in str(refused.detail["problem"])


@pytest.mark.parametrize(
    "tail",
    [
        b'5,"Mouse,Audio,S5,1\n6,Lamp,Audio",S6,1\n7,Cup,Books,S7,1\n',  # later column
        b'5,Mouse,"Audio,S5,1\n6,Lamp",Audio,S6,1\n7,Cup,Books,S7,1\n',  # earlier column
        b'5,"Mouse,Audio,S5,1\n6,Lamp,Audio,S6,1\n7,Cup,Books,S7",1\n',  # whole rows between
        b'5,Mouse,Audio,"S5,1\n6",Lamp,Audio,S6,1\n7,Cup,Books,S7,1\n',  # first column
    ],
)
def test_a_quote_closed_by_a_stray_one_further_down_swallows_no_rows(
    refuse: Refuse, tail: bytes
) -> None:
    refused = refuse(b"id,name,category,sku,price\n1,a,b,c,d\n" + tail)
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", 3)


@pytest.mark.parametrize("torn", [b'1,x,"y,\n2",z,,\n', b'1,x,y,"z\n2,w",,\n'])
def test_rows_swallowed_into_tolerated_empty_cells_are_noticed(refuse: Refuse, torn: bytes) -> None:
    refused = refuse(b"id,name,brand,unit\n" + torn + b"3,x,,\n")
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", 2)


def test_text_with_line_breaks_and_commas_is_left_alone(read: Read) -> None:
    text = "Fast, light,\nand, yes,\ncheap,,"
    assert read(f'a,b\n1,"{text}"\n'.encode())[1] == [(2, ["1", text])]
    assert read(f'a,b\n1,"{text}",,\n'.encode())[1] == [(2, ["1", text, "", ""])]


def test_a_short_row_with_a_line_break_is_only_a_short_row(read: Read) -> None:
    assert read(b'a,b,c\n1,"x\ny"\n')[1] == [(2, ["1", "x\ny"])]


def test_rows_of_another_length_are_passed_on(read: Read) -> None:
    assert read(b"a,b\n1\n1,2,3\n")[1] == [(2, ["1"]), (3, ["1", "2", "3"])]


# Not a table


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n\r\n", b"  \t\n ", b",,,\n,\n", b"\x1a", b"sep=;\n"],
)
def test_nothing_in_it_is_an_empty_file(refuse: Refuse, data: bytes) -> None:
    refused = refuse(data)
    assert (refused.code, refused.detail.get("row"), refused.detail) == ("EMPTY_FILE", None, {})


def test_megabytes_of_spaces_are_an_empty_file(refuse: Refuse) -> None:
    assert refuse(b" " * 2_000_000).code == "EMPTY_FILE"


@pytest.mark.parametrize("data", [b"a,b", b"a,b\r\n", b"a,b\n\n,\n \n", b"sep=,\na,b\n", b"a\n"])
def test_a_header_alone_has_no_rows(refuse: Refuse, data: bytes) -> None:
    assert refuse(data).code == "NO_ROWS"


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x,y\n" * 10)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "looks_like"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
        (zipped("word/document.xml"), "a Word document (.docx)"),
        (zipped("products.csv"), "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an Excel workbook (.xls)"),
        (b"%PDF-1.7\n1,2\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b"GIF89a,b\n", "a GIF picture"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"BZh91AY&SY,b\n", "a bzip2 archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\xfd7zXZ\x00", "an xz archive"),
        (b"PAR1\x15\x04\x15", "a Parquet file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (b"<!DOCTYPE html>\n<p>a,b\n", "a web page (HTML)"),
        (b'\xef\xbb\xbf\n <HTML lang="en">\n', "a web page (HTML)"),
        (b'<?xml version="1.0"?>\n<a/>\n', "an XML document"),
        (b'{"products": [1, 2]}\n', "a JSON document"),
        (b'[\n  {"sku": "A", "price": 1},\n', "a JSON document"),
        ('\ufeff[["sku"],[1]]'.encode("utf-16-le"), "a JSON document"),
        ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16 text without a byte order mark"),
        ("a,b\n1,2\n".encode("utf-32"), "text in UTF-32"),
        (b"a,b\0c\n1,2\n", "binary data"),
        (b'a,"b\nc\0"\n1,2\n', "binary data"),
        (b"a,b\x02\n1,2\n", "binary data"),
    ],
)
def test_other_formats_are_named(refuse: Refuse, data: bytes, looks_like: str) -> None:
    refused = refuse(data)
    assert (refused.code, refused.detail) == ("NOT_CSV", {"looks_like": looks_like})


@pytest.mark.parametrize(
    "data",
    [
        b"BZh,b\n1,2\n",
        b"PAR1,PAR2\n1,2\n",
        b"BM,MZ\n1,2\n",
        b"<sku>,b\n1,2\n",
        b"[id],{b}\n1,2\n",
        b"{id},b\n1,2\n",
        b"ID;name\n1;2\n",
    ],
)
def test_headers_that_only_resemble_another_format_are_read(read: Read, data: bytes) -> None:
    assert read(data)[0].data_rows == 1


def test_a_nul_below_the_header_is_passed_on(read: Read) -> None:
    assert read(b"a,b\n1,x\0y\n")[1] == [(2, ["1", "x\0y"])]


# Too much


def test_too_many_rows(read: Read, refuse: Refuse) -> None:
    data = b"a,b\n1,2\n\n3,4\n5,6\n"
    assert read(data, max_rows=3)[0].data_rows == 3
    refused = refuse(data, max_rows=2)
    assert (refused.code, refused.detail) == ("TOO_MANY_ROWS", {"row": 5, "limit": 2})


def test_rows_beyond_the_limit_are_not_looked_at(refuse: Refuse) -> None:
    assert refuse(b'a,b\n1,2\n3,4\n5,"never closed', max_rows=1).code == "TOO_MANY_ROWS"


def test_too_many_columns(refuse: Refuse) -> None:
    refused = refuse(b"a," * 501 + b"b\n1\n")
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", 1)
    assert "500 columns" in str(refused.detail["problem"])


def test_a_long_name_is_an_unclosed_quote(refuse: Refuse) -> None:
    refused = refuse(b'a,"b\n' + b"1,2\n" * MAX_NAME_CHARACTERS + b'3",4\n5,6\n')
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        b"x" * 10_000_000,
        b"," * 10_000_000,
        b'"' * 10_000_000,
        b'"\n\n",' * 2_000_000,
        b'1,"' + b"2,3\n" * 2_500_000,
    ],
    ids=["a cell", "commas", "quotes", "cells of line breaks", "unclosed quote"],
)
def test_a_row_of_10_mb_costs_neither_time_nor_memory(refuse: Refuse, row: bytes) -> None:
    tracemalloc.start()
    started = time.process_time()
    refused = refuse(b"a,b\n1,2\n" + row + b"\n3,4\n")
    seconds = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (refused.code, refused.detail.get("row")) == ("MALFORMED_CSV", 3)
    assert seconds < 5
    assert peak < 60_000_000  # the test itself holds 10 MB twice


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"\n", b"\r", b",\n", b" \r\n"])
def test_10_mb_of_blank_rows_cost_no_time(refuse: Refuse, line: bytes) -> None:
    started = time.process_time()
    refused = refuse(b"a,b\n1,2\n" + line * (10_000_000 // len(line)) + b"3,4\n")
    assert refused.code == "TOO_MANY_ROWS"
    assert time.process_time() - started < 5


def test_a_row_of_100_000_cells_is_passed_on(read: Read) -> None:
    assert len(read(b"a,b\n" + b"1," * 100_000 + b"\n")[1][0][1]) == 100_001


def test_a_cell_longer_than_the_csv_modules_default_limit(read: Read) -> None:
    text = "x" * (MAX_ROW_CHARACTERS - 10)
    assert read(f"a,b\n1,{text}\n".encode())[1] == [(2, ["1", text])]


def test_importing_the_reader_only_ever_raises_the_modules_limit() -> None:
    program = """
import csv
csv.field_size_limit(5_000_000)
import imports.formats.csv_reader
assert csv.field_size_limit() == 5_000_000
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    assert csv.field_size_limit() >= MAX_ROW_CHARACTERS


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(data_rows: int) -> int:
        path = tmp_path / f"{data_rows}.csv"
        with path.open("wb") as file:
            file.write(b"a,b,c\n")
            for number in range(data_rows):
                file.write(b'%d,Mouse with a long name,"x\ny"\n' % number)
        tracemalloc.start()
        layout = scan(path, max_rows=None)
        assert sum(1 for _ in rows(path, layout)) == layout.data_rows == data_rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(40_000) < peak(4_000) + 500_000


def test_ten_thousand_rows_are_read_in_a_moment(tmp_path: Path) -> None:
    """Measured at 15 ms for the scan and 13 ms for the rows; the guard is wide on purpose."""
    path = tmp_path / "file.csv"
    cells = [f"some text {column}" for column in range(14)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([cells] * 10_001)
    started = time.process_time()
    layout = scan(path, max_rows=10_000)
    assert sum(1 for _ in rows(path, layout)) == 10_000
    assert time.process_time() - started < 0.6
