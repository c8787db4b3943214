"""What a check found that an import would do, and whether the import did that."""

import json
from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models.change import recorded
from imports.destinations.key_conflicts import KeyConflicts
from imports.models import Action, PlannedChange, Upload
from imports.models.plan import EXAMPLES, MOVES, Example, Move, Plan
from imports.rules.base import RowProblem, notice
from imports.rules.cells import Everywhere
from imports.rules.schema import Schema
from imports.rules.wording import truncate
from imports.storage.postgres_copy import copy_rows

CHANGED_SINCE_CHECK = Everywhere(
    "CHANGED_SINCE_CHECK",
    {
        "changed": _(
            "The catalog has changed since the check. The check said: {then}. The import did: {now}"
        )
    },
    remedy=_("You don't need to do anything. If you want other values, upload a file with them."),
    of_row=True,
)


class Planned(NamedTuple):
    """What a row does: it adds a product if `before` is None, and nothing if it is empty."""

    before: dict[str, Any] | None
    after: dict[str, Any]


NOTHING = Planned({}, {})


def planned(conflicts: KeyConflicts) -> dict[int, Planned]:
    """What rows of the batch add and change, by row number, in the order of the file."""
    batch = conflicts.batch
    found = {batch.numbers[i]: Planned(None, {}) for i in conflicts.new}
    for i, change in conflicts.changed.items():
        found[batch.numbers[i]] = Planned(recorded(change.before), recorded(change.after))
    return dict(sorted(found.items()))


def keep(upload: Upload, conflicts: KeyConflicts, *, moves_of: str) -> None:
    """Store what rows of a check would do, and add it to the upload's summary."""
    identities = dict(zip(conflicts.batch.numbers, identities_of(conflicts), strict=True))
    found = planned(conflicts).items()
    if upload.held_reason:
        new = said_by_new(conflicts)
        found = {row: Planned(p.before, new.get(row, p.after)) for row, p in found}.items()
    store(upload, [(row, identities[row], plan) for row, plan in found], moves_of=moves_of)


def said_by_new(conflicts: KeyConflicts) -> dict[int, dict[str, Any]]:
    """What rows say that add a product, by row number: reviewers look at it."""
    batch = conflicts.batch
    keys = [column.key for column in batch.schema.columns]
    return {
        batch.numbers[i]: recorded(
            {k: v for k, v in zip(keys, batch.values[i], strict=True) if v is not None}
        )
        for i in conflicts.new
    }


def store(upload: Upload, found: Sequence[tuple[int, str, Planned]], *, moves_of: str = "") -> None:
    """Store what a check found that an import would do: (row, identity, what)."""
    copy_rows(
        PlannedChange._meta.db_table,
        ["upload_id", "run", "upload_row", "identity", "before", "after"],
        (
            (upload.upload_id, upload.run, row, identity, *map(as_text, plan))
            for row, identity, plan in found
        ),
    )
    summary = Plan.of(upload)
    for row, identity, (before, after) in found:
        if before is None:
            continue
        for field in before:
            summary.fields[field] = summary.fields.get(field, 0) + 1
        if len(summary.examples) < EXAMPLES:
            summary.examples.append(Example(row, identity, before, after))
    moves = [
        Move(row, identity, before[moves_of], after[moves_of])
        for row, identity, (before, after) in found
        if before and moves_of in before
    ]
    summary.moves[:] = nlargest(MOVES, [*summary.moves, *moves], key=lambda move: move.size)
    upload.plan = summary.to_json()


def identities_of(conflicts: KeyConflicts) -> Iterator[str]:
    position = conflicts.batch.position(conflicts.schema.identity)
    return (str(values[position]) for values in conflicts.batch.values)


def differences(upload: Upload, conflicts: KeyConflicts) -> dict[int, list[RowProblem]]:
    """Notices about rows that do something else than the check had said, by position."""
    numbers = conflicts.batch.numbers
    if upload.run == 1 or not numbers or not follows_check(upload):
        return {}
    then = {
        row: Planned(before, (after or {}) if before is not None else {})
        for row, before, after in PlannedChange.objects.filter(
            upload=upload, run=upload.run - 1, upload_row__range=(numbers[0], numbers[-1])
        ).values_list("upload_row", "before", "after")
    }
    now = planned(conflicts)
    rejected = {numbers[i] for i in (*conflicts.problems, *conflicts.batch.problems)}
    positions = {row: i for i, row in enumerate(numbers)}
    return {
        positions[row]: [
            notice(
                CHANGED_SINCE_CHECK,
                "",
                "changed",
                then=in_words(then.get(row, NOTHING), conflicts.schema),
                now=in_words(now.get(row, NOTHING), conflicts.schema),
            )
        ]
        for row in sorted((then.keys() | now.keys()) - rejected)
        if then.get(row, NOTHING) != now.get(row, NOTHING)
    }


def follows_check(upload: Upload) -> bool:
    """Whether this run imports what the previous one has checked."""
    kinds = (Action.Kind.IMPORT, Action.Kind.RELEASE)
    return upload.actions.filter(run=upload.run, kind__in=kinds).exists()


def in_words(plan: Planned, schema: Schema) -> str:
    if plan.before is None:
        return gettext("new")
    changes = [
        f"{schema.label(field)} {shown(old)} → {shown(plan.after.get(field))}"
        for field, old in plan.before.items()
    ]
    return ", ".join(changes) or gettext("unchanged")


def shown(value: Any) -> str:
    return gettext("empty") if value is None else truncate(str(value))


def as_text(value: dict[str, Any] | None) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value is not None else None


def forget(upload: Upload) -> None:
    """Delete what earlier runs have planned: they are over."""
    if upload.run > 1:
        PlannedChange.objects.filter(upload=upload, run__lt=upload.run).delete()
