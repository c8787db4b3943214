"""A world for all of these tests, and a case in it for each of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cases import Case
from tests.faults.world import World, running


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("these tests look into processes as Linux shows them")
    with running() as world:
        yield world


@pytest.fixture
def in_full() -> bool:
    """Whether outages last as long as the promise says, and not a part of it: `make faults
    IN_FULL=1`."""
    return bool(os.environ.get("IN_FULL"))


@pytest.fixture
def case(world: World) -> Iterator[Case]:
    """This test's vendors and files; its faults are taken back at its end."""
    world.heal()
    world.forget_messages()
    yield Case(world)
    world.heal()
