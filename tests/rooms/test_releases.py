"""Two versions run side by side during a deployment: on one database and from the same queues.

A schema change is made in steps, a release each: add, fill, tighten or take away. A migration that
tightens or takes away says so, and names the released migration before it:

    class Migration(migrations.Migration):
        earlier_step = ("imports", "0009_nothing_reads_the_old_name")
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from imports.execution import hints
from tests.rooms.last_release import MIGRATIONS, TASKS

RENAMES = (operations.RenameField, operations.RenameModel, operations.AlterModelTable)
TAKES_AWAY = (operations.RemoveField, operations.DeleteModel)
LOADER = MigrationLoader(None)
GRAPH: Any = LOADER.graph
RELEASED = {key for leaf in MIGRATIONS.items() for key in GRAPH.forwards_plan(leaf)}
NEW = sorted(key for key in LOADER.disk_migrations if key[0] in MIGRATIONS and key not in RELEASED)


def in_database(listed: Iterable[Any]) -> Iterator[Any]:
    """The operations that change the database."""
    for operation in listed:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from in_database(operation.database_operations)
        else:
            yield operation


def objections(migration: Migration, released: ProjectState) -> Iterator[str]:
    """What would break the version that runs on the `released` tables."""
    has_earlier_step = getattr(migration, "earlier_step", None) in RELEASED
    for operation in in_database(migration.operations):
        name = getattr(operation, "model_name", getattr(operation, "name", ""))
        model = released.models.get((migration.app_label, str(name).lower()))
        if isinstance(operation, RENAMES):
            yield f"{operation.describe()}: add the new name, fill it, take the old one away later"
        elif model is None:
            continue  # nobody uses that table yet
        elif isinstance(operation, operations.AddField):
            field: Any = operation.field
            if not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED):
                yield f"{operation.describe()}: NULL or a db_default, for who does not know of it"
        elif (isinstance(operation, TAKES_AWAY) or tightens(operation, model)) and (
            not has_earlier_step
        ):
            yield f"{operation.describe()}: no earlier_step that is released"


def tightens(operation: Any, model: Any) -> bool:
    if isinstance(operation, operations.AlterField):
        before = model.fields.get(operation.name)
        return before is not None and before.null and not operation.field.null
    return isinstance(operation, operations.AddConstraint) and not follows_from(
        operation.constraint, model.options.get("constraints", [])
    )


def follows_from(constraint: Any, released: Iterable[Any]) -> bool:
    """Whether a uniqueness is no more than what a released one asks already, of fewer fields."""
    return isinstance(constraint, models.UniqueConstraint) and any(
        isinstance(other, models.UniqueConstraint)
        and not other.condition
        and {*other.fields} <= {*constraint.fields}
        for other in released
    )


def released_state() -> ProjectState:
    state: ProjectState = GRAPH.make_state(nodes=list(MIGRATIONS.items()))
    return state


def test_every_room_with_tables_is_in_the_release() -> None:
    assert {app for app, _ in LOADER.disk_migrations if (settings.BASE_DIR / app).is_dir()} == (
        MIGRATIONS.keys()
    )
    assert MIGRATIONS.items() <= set(LOADER.disk_migrations)


def test_new_migrations_leave_the_running_version_alone() -> None:
    state = released_state()
    for key in NEW:
        assert not list(objections(LOADER.disk_migrations[key], state)), key


STEP = ("imports", MIGRATIONS["imports"])
UNRELEASED = ("imports", "0999_of_this_very_release")
TEXT, NULLABLE = models.TextField(), models.TextField(null=True)
LOOSER, OTHER = (
    models.UniqueConstraint(fields=fields, name="x")
    for fields in (["upload", "run", "state"], ["upload", "state"])
)
CHECK = models.CheckConstraint(condition=models.Q(run__gt=0), name="x")


@pytest.mark.parametrize(
    ("operation", "earlier_step", "is_refused"),
    [
        (operations.AddField("upload", "x", TEXT), None, True),
        (operations.AddField("upload", "x", models.TextField(default="")), None, True),
        (operations.AddField("upload", "x", models.TextField(db_default="")), None, False),
        (operations.AddField("upload", "x", NULLABLE), None, False),
        (operations.AlterField("upload", "s3_version", TEXT), None, True),
        (operations.AlterField("upload", "s3_version", TEXT), UNRELEASED, True),
        (operations.AlterField("upload", "s3_version", TEXT), STEP, False),
        (operations.AlterField("upload", "s3_version", NULLABLE), None, False),
        (operations.AddConstraint("upload", CHECK), None, True),
        (operations.AddConstraint("upload", CHECK), STEP, False),
        (operations.AddConstraint("notification", LOOSER), None, False),
        (operations.AddConstraint("notification", OTHER), None, True),
        (operations.RemoveField("upload", "run"), None, True),
        (operations.RemoveField("upload", "run"), STEP, False),
        (operations.DeleteModel("Upload"), None, True),
        (operations.DeleteModel("Upload"), STEP, False),
        (operations.RenameField("upload", "run", "attempt"), STEP, True),
        (operations.RenameModel("Upload", "File"), STEP, True),
        (operations.AddField("nobodys", "x", TEXT), None, False),
        (
            operations.SeparateDatabaseAndState([operations.RemoveField("upload", "run")]),
            None,
            True,
        ),
        (
            operations.SeparateDatabaseAndState([], [operations.RemoveField("upload", "run")]),
            None,
            False,
        ),
    ],
)
def test_what_breaks_the_running_version_is_refused(
    operation: Any, earlier_step: tuple[str, str] | None, is_refused: bool
) -> None:
    migration = type("Migration", (Migration,), {"operations": [operation]})("0999_new", "imports")
    if earlier_step:
        vars(migration)["earlier_step"] = earlier_step
    assert bool(list(objections(migration, released_state()))) == is_refused


@pytest.fixture
def tasks() -> set[str]:
    """The names that a worker knows."""
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


def test_messages_of_the_last_release_are_understood(tasks: set[str]) -> None:
    assert tasks >= TASKS


def test_what_is_sent_has_somebody_to_do_it(tasks: set[str]) -> None:
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks >= sent | {hints.ADVANCE, hints.RUN_SCHEDULES}
