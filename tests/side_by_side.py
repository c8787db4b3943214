"""Pytest plugin: distributes the tests to several workers (`-n 4`).

Each test goes to the next free worker, in pytest-django's order, in which tests that empty the
whole database follow those that need the rows from migrations. The tests of a few places stay
together, because they share one system that takes long to prepare.

The tests of faults mostly wait, and the others mostly compute. So half of the workers begin with
the tests of faults, and the other half comes to them when the others are done: each system takes
long to start, and a third of a CPU only to look for work.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Folders and files whose tests share a system, and the one file there that has none.
TOGETHER = (
    "tests/browser/",
    "tests/config/test_logs.py",
    "tests/config/test_prepare_database.py",
)
APART = "tests/browser/test_emails.py"
FAULTS = "tests/faults/"


class Scheduling(LoadScopeScheduling):
    # Not --dist=loadgroup: xdist 3.8 finds no groups under pytest 9.2 (pytest-xdist issue 1386).

    def _split_scope(self, nodeid: str) -> str:
        shared = (place for place in TOGETHER if nodeid.startswith(place))
        return nodeid if nodeid.startswith(APART) else next(shared, nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        is_first_half = 2 * self.nodes.index(node) < len(self.nodes)
        fitting = (scope for scope in self.workqueue if scope.startswith(FAULTS) == is_first_half)
        if scope := next(fitting, None):
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)
