"""A world for the whole run, and a case in it for each test."""

from collections.abc import Iterator

import pytest

from tests.faults.cases import Case
from tests.faults.world import World, running


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with running() as world:
        yield world


@pytest.fixture
def case(world: World) -> Iterator[Case]:
    """This test's vendors and files; its faults are taken back at its end."""
    world.heal()
    world.forget_messages()
    yield Case(world)
    world.heal()
