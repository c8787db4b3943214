"""Pytest plugin: distributes the tests to several workers (`-n 4`).

Each test goes to the next free worker, in pytest-django's order, in which tests that empty the
whole database follow those that need the rows from migrations. The tests of a few files stay
together, because they share one system that takes long to prepare.

The tests of faults mostly wait, and the others mostly compute. So half of the workers begin with
the tests of faults, and the other half never runs them: each system needs a third of a CPU only to
look for work.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

TOGETHER = {
    "tests/browser/test_admin_pages.py": "tests/browser",
    "tests/browser/test_api_clients.py": "tests/browser",
    "tests/browser/test_catalog_journey.py": "tests/browser",
    "tests/browser/test_columns.py": "tests/browser",
    "tests/browser/test_fix.py": "tests/browser",
    "tests/browser/test_foreign_files.py": "tests/browser",
    "tests/browser/test_holds.py": "tests/browser",
    "tests/browser/test_people.py": "tests/browser",
    "tests/browser/test_products.py": "tests/browser",
    "tests/browser/test_quality.py": "tests/browser",
    "tests/browser/test_reviewers_day.py": "tests/browser",
    "tests/browser/test_two_step.py": "tests/browser",
    "tests/browser/test_vendor_journey.py": "tests/browser",
    "tests/browser/test_wanted.py": "tests/browser",
    "tests/browser/test_webhooks.py": "tests/browser",
    "tests/config/test_logs.py": "tests/config/test_logs.py",
    "tests/config/test_prepare_database.py": "tests/config/test_prepare_database.py",
}


FAULTS = "tests/faults/"


class Scheduling(LoadScopeScheduling):
    # Not --dist=loadgroup: xdist 3.8 finds no groups under pytest 9.2 (pytest-xdist issue 1386).

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get(file, nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        is_first_half = 2 * self.nodes.index(node) < len(self.nodes)
        fitting = (scope for scope in self.workqueue if scope.startswith(FAULTS) == is_first_half)
        scope = next(fitting, None)
        if scope is None and not is_first_half:
            node.shutdown()
            return
        if scope:
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)
