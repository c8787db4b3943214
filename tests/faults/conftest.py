"""One world for all of these tests, and a case in it for each."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cases import Case
from tests.faults.world import World, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests come first in half of the processes (tests/side_by_side.py), and one that emptied
    the database of pytest-django would take the rows of migrations from the tests after it."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("django_db"):
            raise pytest.UsageError(f"{item.nodeid}: tests of faults have a world of their own")


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("these tests need /proc, as on Linux")
    with running() as world:
        yield world


@pytest.fixture
def in_full() -> bool:
    """Whether outages have the full length of the promise: `make faults IN_FULL=1`."""
    return bool(os.environ.get("IN_FULL"))


@pytest.fixture
def case(world: World) -> Iterator[Case]:
    """The vendors and files of this test, whose faults are removed at its end."""
    world.heal()
    world.forget_messages()
    yield Case(world)
    world.heal()
