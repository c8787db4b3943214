"""The databases of tests begin with all migrations applied, and never with outdated ones."""

import os
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deploy.local import migrated
from tests.services import IS_MIGRATED


@pytest.mark.django_db
def test_the_servers_of_tests_begin_with_all_migrations(pytestconfig: pytest.Config) -> None:
    if not pytestconfig.stash[IS_MIGRATED]:
        pytest.skip("DATABASE_URL selects another server")
    applied = {(app, name) for app, name in MigrationRecorder(connection).applied_migrations()}
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as first, first.cursor() as cursor:
        assert urlsplit(os.environ["DATABASE_URL"]).path != f"/{connection.settings_dict['NAME']}"
        cursor.execute("SELECT app, name FROM django_migrations")
        assert set(cursor.fetchall()) == applied


def test_another_state_of_the_migrations_is_migrated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "requirements-dev.txt": "Django==5.2.17",
        "catalog/migrations/0001_initial.py": "from catalog.names import tidy\n",
        "catalog/names.py": "def tidy(name): ...",
        "catalog/models.py": "class Product: ...",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(migrated, "CHECKOUT", tmp_path)

    def state_after(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return migrated.state_of_migrations()

    states = [
        migrated.state_of_migrations(),
        state_after("requirements-dev.txt", "Django==5.2.18"),
        state_after("catalog/migrations/0001_initial.py", "from catalog import names\n"),
        state_after("catalog/migrations/0002_more.py", ""),
        state_after("catalog/names.py", "def tidy(name): return name"),
    ]
    assert len(set(states)) == len(states)
    # `migrate` runs again on each copy: what migrations do not use cannot make it outdated.
    assert state_after("catalog/models.py", "class Item: ...") == states[-1]
