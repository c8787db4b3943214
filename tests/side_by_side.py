"""Pytest plugin: which tests go to one worker when several share them (`-n 4`).

Each test goes to the next worker that is free, in pytest-django's order, which has the tests that
empty the whole database behind those that count on what migrations put there. The tests of a few
files stay together, because they look at one system that takes long to prepare.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/browser/test_vendor_journey.py",
    "tests/config/test_logs.py",
    "tests/config/test_prepare_database.py",
}


class Scheduling(LoadScopeScheduling):
    # Not --dist=loadgroup: xdist 3.8 finds no groups under pytest 9.2 (pytest-xdist issue 1386).

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)
