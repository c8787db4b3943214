"""Two versions run side by side during a deployment, with the same database and the same queues.

A schema change takes several releases: add, fill, tighten or remove. A migration that tightens or
removes names the released migration of the step before it:

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
    """What would break the version that uses the `released` tables."""
    has_earlier_step = getattr(migration, "earlier_step", None) in RELEASED
    for operation in in_database(migration.operations):
        name = getattr(operation, "model_name", getattr(operation, "name", ""))
        model = released.models.get((migration.app_label, str(name).lower()))
        if isinstance(operation, RENAMES):
            yield f"{operation.describe()}: add the new name, fill it, remove the old one later"
        elif model is None:
            continue  # the released version does not use that table
        elif isinstance(operation, operations.AddField):
            field: Any = operation.field
            if not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED):
                yield f"{operation.describe()}: needs NULL or a db_default for the old version"
        elif (isinstance(operation, TAKES_AWAY) or tightens(operation, model)) and (
            not has_earlier_step
        ):
            yield f"{operation.describe()}: needs an earlier_step that is released"


def tightens(operation: Any, model: Any) -> bool:
    if isinstance(operation, operations.AlterField):
        before = model.fields.get(operation.name)
        return before is not None and before.null and not operation.field.null
    return isinstance(operation, operations.AddConstraint) and not follows_from(
        operation.constraint, model
    )


def follows_from(constraint: Any, model: Any) -> bool:
    """Whether a released unique constraint on the same or fewer fields, or a unique field among
    them, implies this one."""
    released = model.options.get("constraints", [])
    return isinstance(constraint, models.UniqueConstraint) and (
        any(name in model.fields and model.fields[name].unique for name in constraint.fields)
        or any(
            isinstance(other, models.UniqueConstraint)
            and not other.condition
            and {*other.fields} <= {*constraint.fields}
            for other in released
        )
    )


def released_state() -> ProjectState:
    state: ProjectState = GRAPH.make_state(nodes=list(MIGRATIONS.items()))
    return state


def test_every_app_with_tables_is_in_the_release() -> None:
    assert {app for app, _ in LOADER.disk_migrations if (settings.BASE_DIR / app).is_dir()} == (
        MIGRATIONS.keys()
    )
    assert MIGRATIONS.items() <= set(LOADER.disk_migrations)


def test_new_migrations_do_not_break_the_running_version() -> None:
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
        (operations.AddField("unreleased", "x", TEXT), None, False),
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
def test_operations_that_break_the_running_version_are_rejected(
    operation: Any, earlier_step: tuple[str, str] | None, is_refused: bool
) -> None:
    migration = type("Migration", (Migration,), {"operations": [operation]})("0999_new", "imports")
    if earlier_step:
        vars(migration)["earlier_step"] = earlier_step
    assert bool(list(objections(migration, released_state()))) == is_refused


@pytest.fixture
def tasks() -> set[str]:
    """The names of the tasks that a worker has."""
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


def test_tasks_of_the_last_release_still_exist(tasks: set[str]) -> None:
    assert tasks >= TASKS


def test_every_task_that_is_sent_exists(tasks: set[str]) -> None:
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks >= sent | {hints.ADVANCE, hints.RUN_SCHEDULES}
