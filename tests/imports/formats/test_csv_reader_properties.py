"""Bytes to rows, for any table, any damage, any bytes.

What a table written by ``csv.writer`` looks like after reading, exactly: every cell as it was
written; rows without text are left out, and every row keeps its position as its number. One
precondition comes from Python 3.11's writer: with another line end than CRLF it leaves a lone CR
or LF in a cell unquoted, and no reader can tell that from the end of a row.
"""

import csv
import io
import string
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports.formats.csv_reader import rows, scan
from imports.rules.refusals import Refused

Table = list[list[str]]

settings.register_profile(
    "readers",
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
modest = settings(settings.get_profile("readers"))

REFUSALS = {"EMPTY_FILE", "NO_ROWS", "NOT_CSV", "BAD_ENCODING", "MALFORMED_CSV", "TOO_MANY_ROWS"}
NASTY = '""",,;;\t|\r\n\n \x1a\'ax1é=\xa0\ufeff\u2028'

names = st.text(string.ascii_letters + string.digits + " _*", min_size=1, max_size=12).map(
    lambda name: f"n{name}n"
)
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
nasty_text = st.text(NASTY, max_size=12)
plain_text = st.text("abc 019.-é", min_size=1, max_size=6).map(lambda text: f"x{text}")
western_letters = st.text("àéîõüÿß" + '",;\r\nab1', max_size=12)
western_signs = st.text("€–“”™®½" + '",;\r\nab1', max_size=12)
western_words = st.sampled_from(
    ["Café", "Müller", "Größe", "Straße", "jalapeño", "NESCAFÉ®", "Clicky™", "São Paulo", "10 €"]
)


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str], *, min_width: int = 1) -> Table:
    width = draw(st.integers(min_width, 6))
    header = draw(st.lists(names, min_size=width, max_size=width))
    body = st.lists(cells, min_size=width, max_size=width)
    return [header, *draw(st.lists(body, min_size=1, max_size=8))]


delimiters = st.sampled_from(",;\t|")
line_ends = st.sampled_from(["\r\n", "\n", "\r"])
quotings = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


def written(table: Table, delimiter: str, line_end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(
        file,
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=quoting,  # type: ignore[arg-type]  # a plain int, as sampled
    )
    writer.writerows(table)
    return file.getvalue()


def with_line_breaks_the_writer_quotes(table: Table, line_end: str, quoting: int) -> Table:
    if line_end == "\r\n" or quoting != csv.QUOTE_MINIMAL:
        return table
    other = "\r" if line_end == "\n" else "\n"
    return [[cell.replace(other, line_end) for cell in cells] for cells in table]


def numbered(table: Table, first: int = 2) -> list[tuple[int, list[str]]]:
    return [(n, cells) for n, cells in enumerate(table[1:], first) if "".join(cells).strip()]


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "file.csv"


def read(path: Path, data: bytes) -> list[tuple[int, list[str]]]:
    path.write_bytes(data)
    layout = scan(path, max_rows=None)
    found = list(rows(path, layout))
    assert len(found) == layout.data_rows
    return found


def read_or_none(path: Path, data: bytes) -> list[tuple[int, list[str]]] | None:
    try:
        return read(path, data)
    except Refused as error:
        refused = error
    assert refused.code in REFUSALS
    assert "row" in refused.detail or refused.code in {"EMPTY_FILE", "NO_ROWS", "NOT_CSV"}
    return None


def without_spaces_before(found: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    return [(number, [cell.lstrip(" ") for cell in cells]) for number, cells in found]


@modest
@given(
    table=tables(any_text | nasty_text),
    delimiter=delimiters,
    line_end=line_ends,
    quoting=quotings,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]),
    above=st.sampled_from(["", "sep", "blank"]),
)
def test_what_csv_writer_writes_is_read_back(
    path: Path,
    *,
    table: Table,
    delimiter: str,
    line_end: str,
    quoting: int,
    encoding: str,
    above: str,
) -> None:
    table = with_line_breaks_the_writer_quotes(table, line_end, quoting)
    text = written(table, delimiter, line_end, quoting)
    if above == "sep":
        text = f"sep={delimiter}{line_end}{text}"
    if above == "blank":
        text = line_end + text
    if encoding.startswith("utf-16"):
        text = "\ufeff" + text
    expected = numbered(table, first=3 if above == "blank" else 2)
    path.write_bytes(text.encode(encoding))
    if not expected:
        with pytest.raises(Refused, match="NO_ROWS"):
            scan(path, max_rows=None)
        return
    layout = scan(path, max_rows=None)
    assert layout.header == tuple(table[0])
    # Spaces before a value do not count, unless quotation marks keep them.
    found = list(rows(path, layout))
    assert without_spaces_before(found) == without_spaces_before(expected)


@modest
@given(table=tables(any_text | nasty_text), delimiter=delimiters)
def test_spaces_around_quotation_marks_change_no_cell(
    path: Path, table: Table, delimiter: str
) -> None:
    """`"a" , "b"`, as some programs write it, also where a cell itself has such signs."""
    doubled = [[cell.replace('"', '""') for cell in row] for row in table]
    between = f'" {delimiter} "'
    lines = (f'"{between.join(row)}" \r\n' for row in doubled)
    found = read_or_none(path, "".join(lines).encode())
    assert (found or []) == numbered(table)


@modest
@given(table=tables(western_words), delimiter=delimiters)
def test_windows_1252_is_read_back(path: Path, table: Table, delimiter: str) -> None:
    found = read_or_none(path, written(table, delimiter, "\r\n").encode("cp1252"))
    assert (found or []) == numbered(table)


@modest
@given(table=tables(western_letters) | tables(western_signs), delimiter=delimiters)
def test_letters_at_random_are_read_back_or_refused(
    path: Path, table: Table, delimiter: str
) -> None:
    found = read_or_none(path, written(table, delimiter, "\r\n").encode("cp1252"))
    assert found in (None, numbered(table))


@modest
@given(table=tables(nasty_text, min_width=2), data=st.data())
def test_a_file_cut_anywhere_gives_its_first_rows_or_a_refusal(
    path: Path, table: Table, data: st.DataObject
) -> None:
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    whole = written(table, data.draw(delimiters), "\r\n").encode(encoding)
    found = read_or_none(path, whole[: data.draw(st.integers(0, len(whole)))])
    if found is not None:
        *before, (last_number, _) = found
        expected = numbered(table)
        first = expected[: len(before)]
        assert without_spaces_before(before) == without_spaces_before(first)
        assert last_number == expected[len(before)][0]


@modest
@given(table=tables(plain_text), delimiter=delimiters, line_end=line_ends, data=st.data())
def test_a_lost_quotation_mark_loses_no_row(
    path: Path, table: Table, delimiter: str, line_end: str, data: st.DataObject
) -> None:
    text = written(table, delimiter, line_end, csv.QUOTE_ALL)
    marks = [at for at, character in enumerate(text) if character == '"']
    lost = data.draw(st.sampled_from(marks))
    damaged = text[:lost] + text[lost + 1 :]
    found = read_or_none(path, damaged.encode())
    if found is not None:
        assert [number for number, _ in found] == [number for number, _ in numbered(table)]
        return
    with pytest.raises(Refused, match="MALFORMED_CSV") as refused:
        scan(path, max_rows=None)
    assert refused.value.detail.get("row") == text[:lost].count(line_end) + 1


@modest
@given(table=tables(plain_text, min_width=2), delimiter=delimiters, data=st.data())
def test_two_stray_quotation_marks_swallow_no_rows(
    path: Path, table: Table, delimiter: str, data: st.DataObject
) -> None:
    body = [list(cells) for cells in table[1:]] + [list(table[1])]
    width = len(table[0])
    first = data.draw(st.integers(0, len(body) - 2))
    second = data.draw(st.integers(first + 1, len(body) - 1))
    opens, closes = data.draw(
        st.tuples(st.integers(0, width - 1), st.integers(0, width - 1)).filter(
            lambda pair: pair[0] != pair[1]
        )
    )
    body[first][opens] = '"' + body[first][opens]
    body[second][closes] += '"'
    text = "\n".join(delimiter.join(cells) for cells in [table[0], *body])
    path.write_bytes(text.encode())
    with pytest.raises(Refused, match="MALFORMED_CSV") as refused:
        scan(path, max_rows=None)
    assert refused.value.detail.get("row") == first + 2


@modest
@given(
    data=st.binary(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                b'"',
                b'""',
                b",",
                b";",
                b"\t",
                b"|",
                b"\n",
                b"\r",
                b"\r\n",
                b" ",
                b"a",
                b"sep=;",
                b"\x00",
                b"\x1a",
                b"\xef\xbb\xbf",
                b"\xff\xfe",
                b"\xc3",
                b"\xa9",
                b"\xe9",
                b"\x81",
                b"PK",
            ]
        ),
        max_size=40,
    ).map(b"".join),
    header=st.sampled_from([b"", b"a,b\n", b"\xff\xfea\0,\0b\0\n\0"]),
)
def test_any_bytes_are_read_or_refused(path: Path, data: bytes, header: bytes) -> None:
    found = read_or_none(path, header + data)
    if found is not None:
        numbers = [number for number, _ in found]
        assert numbers == sorted(set(numbers))
        assert numbers[0] >= 2
        assert all("".join(cells).strip() for _, cells in found)
        assert not any(
            "\ud800" <= c <= "\udfff" for _, cells in found for cell in cells for c in cell
        )
