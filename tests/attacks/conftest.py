"""The portal of one test, as it is deployed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.portal import HURRIED, PATIENT, Portal, running_portal


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(tmp_path) as portal:
        yield portal


@pytest.fixture
def impatient_portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(tmp_path, program=HURRIED) as portal:
        yield portal


@pytest.fixture
def patient_portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    with running_portal(tmp_path, program=PATIENT) as portal:
        yield portal
