"""JSON to rows, whatever the chunks; and how much memory a large file takes."""

import contextlib
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.datasets import get
from imports.formats import json_reader
from imports.formats.json_format import Json
from imports.formats.json_reader import encoding_of, items
from imports.rules.refusals import Refused

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBER = st.one_of(st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False))
ITEM = st.dictionaries(TEXT, st.one_of(TEXT, NUMBER, st.booleans(), st.none()), max_size=5)
WRITTEN = st.sampled_from(["array", "lines", "indented"])
ENCODED = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])


def written(values: list[dict[str, Any]], how: str, ascii_only: bool) -> str:
    if how == "lines":
        return "\n".join(json.dumps(value, ensure_ascii=ascii_only) for value in values)
    return json.dumps(values, ensure_ascii=ascii_only, indent=2 if how == "indented" else None)


def as_read(value: Any) -> Any:
    """Numbers with a point or an exponent are read exactly, as decimals."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def read(path: Path) -> list[dict[str, Any]]:
    return list(items(path, encoding_of(path)))


@given(
    values=st.lists(ITEM, min_size=1, max_size=5),
    how=WRITTEN,
    encoding=ENCODED,
    ascii_only=st.booleans(),
    chunk=st.integers(1, 40),
)
def test_what_json_writes_is_read_back_in_chunks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    values: list[dict[str, Any]],
    how: str,
    encoding: str,
    ascii_only: bool,
    chunk: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.json"
    path.write_text(written(values, how, ascii_only), encoding=encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reader, "CHUNK", chunk)
        found = read(path)
    assert found == [{key: as_read(value) for key, value in item.items()} for item in values]


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(data)
    read_or_refused(path)


@given(st.lists(ITEM, min_size=1, max_size=3), st.data())
def test_json_with_a_byte_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]], data: st.DataObject
) -> None:
    body = bytearray(json.dumps(values).encode())
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.json"
    path.write_bytes(body)
    read_or_refused(path)


def read_or_refused(path: Path) -> None:
    with contextlib.suppress(Refused):
        read(path)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 11])
def test_half_a_character_is_found_wherever_a_chunk_ends(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_reader, "CHUNK", chunk)
    path = tmp_path / "halves.json"
    for text, is_whole in {
        r"\ud83d\ude00": True,
        r"\\ud83d": True,
        r"\\\ud83d": False,
        r"\ud83d\\ude00": False,
        r"\ud83d\u0041": False,
        r"\ud83dA": False,
    }.items():
        path.write_text(f'[{{"a": "{text}"}}]')
        if is_whole:
            assert read(path) == json.loads(path.read_text())
        else:
            with pytest.raises(Refused, match="half a character"):
                read(path)


def test_a_refusal_names_the_item_however_far_down(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    rows = [{"name": "a" * 50, "value": n} for n in range(5_000)]
    for mistake in (b"\xff", rb"\ud800", b"9" * 5_000, b"\n"):
        body = json.dumps(rows[:4_321]).encode()[:-1] + b', {"name": "X"}]'
        path.write_bytes(body.replace(b"X", mistake))
        with pytest.raises(Refused, match="Item 4322 cannot be read"):
            read(path)


def test_cells_are_texts_and_a_quoted_number_keeps_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "cells.json"
    path.write_text('[{"value": "1", "name": "1", "host": null}, {"value": 1.50, "name": 7}, {}]')
    reader = Json(numbers=frozenset({"value"}))
    layout = reader.scan(path, get("metrics"), "create")
    assert layout.header == ("name", "value", "timestamp", "host")
    assert list(reader.rows(path, layout)) == [
        (1, ["1", '"1"', "", ""]),
        (2, ["7", "1.50", "", ""]),
        (3, ["", "", "", ""]),
    ]


READ_ALL = """
import sys, django
django.setup()
from pathlib import Path
from imports.datasets import get
dataset = get("metrics")
def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])
def read(name):
    path = Path(name)
    layout = dataset.format.scan(path, dataset, "create")
    return sum(1 for _ in dataset.format.rows(path, layout))
read(sys.argv[1])
before = peak()
count = read(sys.argv[2])
print(count, peak() - before)
"""


@pytest.mark.slow
def test_a_file_of_30_mb_takes_no_more_memory_than_one_of_100_kb(tmp_path: Path) -> None:
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    line = '{"name": "cpu.load", "value": %d.5, "timestamp": "2026-01-01T00:00:00Z"}'
    small.write_text("[" + ",\n".join(line % n for n in range(2_000)) + "]")
    large.write_text("[" + ",\n".join(line % n for n in range(400_000)) + "]")
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, small, large], capture_output=True, text=True, check=True
    )
    count, more = map(int, done.stdout.split())
    assert count == 400_000
    assert more < 5_000  # KB
