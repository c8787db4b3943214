"""What the page of a check shows of what an import would change."""

from dataclasses import dataclass

from catalog.history import Replaced, shown
from imports.dataset import Dataset
from imports.models import Upload
from imports.models.plan import Move, Plan


@dataclass(frozen=True)
class Changed:
    """A row that would change a product."""

    row: int
    identity: str
    values: list[Replaced]


@dataclass(frozen=True)
class PlannedPage:
    columns: list[tuple[str, int]]  # by how many rows each would change, most first
    examples: list[Changed]
    moves: list[Move]
    identity: str  # what products are called by


def planned_page(upload: Upload, dataset: Dataset) -> PlannedPage | None:
    """None if nothing would change."""
    plan = Plan.of(upload)
    if not plan.fields:
        return None
    counts = sorted(plan.fields.items(), key=lambda each: -each[1])
    return PlannedPage(
        [(dataset.label(key), count) for key, count in counts],
        [
            Changed(
                example.row,
                example.identity,
                [
                    Replaced(key, dataset.label(key), shown(key, old), shown(key, new))
                    for key, old in example.before.items()
                    for new in [example.after.get(key)]
                ],
            )
            for example in plan.examples
        ],
        plan.moves,
        dataset.label(dataset.identity),
    )
