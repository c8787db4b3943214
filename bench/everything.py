"""The rows of the table, each measured by its own module."""

from collections.abc import Callable, Iterator

from bench import (
    any_csv,
    api,
    clients,
    crowd,
    customers,
    fix,
    load_step,
    memory,
    metrics_file,
    pages,
    rehearsal,
    updates,
    webhooks,
    whole_upload,
    workbook,
)
from bench.system import System
from bench.table import Line

MEASURES: dict[str, Callable[[int, System], list[Line]]] = {
    "upload": lambda runs, _: whole_upload.measure(runs),
    "api": lambda runs, _: api.measure(runs),
    "webhooks": lambda runs, _: webhooks.measure(runs),
    "workbook": lambda runs, _: workbook.measure(runs),
    "load": lambda runs, _: load_step.measure(runs),
    "updates": lambda runs, _: updates.measure(runs),
    "fix": lambda runs, _: fix.measure(runs),
    "crowd": lambda runs, _: crowd.measure(runs),
    "memory": memory.measure,
    "clients": lambda runs, _: clients.measure(runs),
    "customers": lambda runs, _: customers.measure(runs),
    "metrics": metrics_file.measure,
    "csv": any_csv.measure,
    "pages": lambda runs, _: pages.measure(runs),
    "rehearsal": lambda runs, _: rehearsal.measure(runs),
}


def measure(names: list[str], runs: int, system: System) -> Iterator[list[Line]]:
    """Yield the lines of each measurement when it is done."""
    for name in names:
        yield MEASURES[name](runs, system)
