"""Workbooks, which a process of their own reads: killed with its worker, or alone."""

import signal
from pathlib import Path

import pytest

from deploy.local import stopping
from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.world import ENDED, World, wait_until

READER = b"imports.formats.xlsx.child"
LOST = "the reader of workbooks ended with status -9"


def readers(world: World) -> list[int]:
    """The PIDs of the processes that read workbooks for this world."""
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if reads_for(world, path)
    ]


def reads_for(world: World, path: Path) -> bool:
    try:
        return READER in (said := path.read_bytes()) and bytes(world.temp) in said
    except ENDED:
        return False


@pytest.mark.parametrize(
    "point", ["stage.after_download", "stage.after_items", "load.before_commit"]
)
def test_its_worker_is_killed(case: Case, point: str) -> None:
    case.world.order_death(point, 2)
    case.drop_workbook(case.rows(2_100, bad=20))
    wait_until("all deaths happened", lambda: not case.world.deaths_left())
    case.settle()
    check(case)
    wait_until("no reader is left", lambda: not readers(case.world))


def test_its_reader_is_killed(case: Case) -> None:
    """From outside, for example for lack of memory: nothing is said about the file, and another
    attempt imports it."""
    before = case.logs_before["worker"]
    for number in range(5):  # a reader may just have come to its end
        case.drop_workbook(case.rows(8_000, bad=20, first=1 + 10_000 * number))
        for reader in wait_until("it is being read", lambda: readers(case.world)):
            stopping.send(reader, signal.SIGKILL)
        case.settle()
        check(case)
        if LOST in case.world.log("worker", since=before):
            return
    raise AssertionError("no reader was killed while it was reading")
