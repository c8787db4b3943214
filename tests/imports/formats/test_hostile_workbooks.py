"""A hostile workbook ends at most the process that reads it, and soon."""

import os
import resource
import signal
from pathlib import Path

import pytest

from imports.formats import workbook_process
from imports.formats.tables import reader_of
from imports.formats.workbook_process import Reader, ReaderLost
from imports.formats.xlsx import child
from imports.rules.refusals import Refused
from imports.rules.spreadsheet import shown
from tests.imports.hostile.workbook_corpus import GOOD, WORKBOOKS, Hostile

MAX_SECONDS = 2.0  # of CPU, of the process that reads
MAX_GROWTH = 40_000  # KB of memory, of the one that waits for it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.xlsx"


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory() -> int:
    """The most memory that this process has had, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("case", WORKBOOKS, ids=lambda case: case.name)
def test_a_hostile_workbook_is_refused_soon_or_read(case: Hostile, path: Path) -> None:
    path.write_bytes(case.make())
    seconds, most = seconds_of_children(), memory()
    reader = reader_of(path)
    if case.refusal:
        with pytest.raises(Refused) as caught:
            list(reader.rows(path, reader.scan(path, max_rows=10_000)))
        assert caught.value.code == case.refusal
        assert case.says in caught.value.message
        assert "{" not in caught.value.message
    else:
        layout = reader.scan(path, max_rows=10_000)
        assert [[shown(cell) for cell in cells] for _, cells in reader.rows(path, layout)] == [
            case.cells
        ]
    assert seconds_of_children() - seconds < MAX_SECONDS
    assert memory() - most < MAX_GROWTH


def test_the_process_limits_itself() -> None:
    assert child.LIMITS[resource.RLIMIT_AS][0] == 256 * 1024 * 1024
    assert child.LIMITS[resource.RLIMIT_FSIZE] == (0, 0)


@pytest.mark.parametrize(
    ("ended_by", "code", "says"),
    [
        (signal.SIGXCPU, "XLSX_TOO_LARGE", "too much time"),
        (signal.SIGSEGV, "BROKEN_XLSX", "stopped"),
    ],
)
def test_a_file_that_ends_the_process_is_refused(
    path: Path, ended_by: signal.Signals, code: str, says: str
) -> None:
    path.write_bytes(GOOD)
    with Reader(path, "--sheets") as reader:
        answers = reader.answers()
        next(answers)
        os.kill(reader.pid, ended_by)
        with pytest.raises(Refused, match=says) as caught:
            next(answers)
    assert caught.value.code == code


def test_a_process_that_is_killed_says_nothing_about_the_file(path: Path) -> None:
    path.write_bytes(GOOD)
    with Reader(path, "--sheets") as reader:
        os.kill(reader.pid, signal.SIGKILL)
        with pytest.raises(ReaderLost):
            list(reader.answers())


def test_no_process_is_left_when_reading_stops_early(path: Path) -> None:
    path.write_bytes(GOOD)
    for _ in range(3):  # more than are read at once
        with Reader(path, "--sheets") as reader:
            next(reader.answers())
        with pytest.raises(ProcessLookupError):
            os.kill(reader.pid, 0)


def test_a_process_that_says_nothing_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(GOOD)
    with Reader(path, "--sheets") as reader:
        answers = reader.answers()
        next(answers)  # now it waits for the name of a sheet
        monkeypatch.setattr(workbook_process, "SILENCE", 0.2)
        with pytest.raises(ReaderLost):
            next(answers)
