"""The owner creates the tables and the application's role, which can do its work and no more.

The test uses its own database, which requires passwords as RDS does and is owned by a user like the
RDS master user: not a superuser, but one that may create roles.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings

from config import aws
from deploy.local.places import CHECKOUT

DATABASE, MASTER, APPLICATION = "prepared", "the_master", "the_application"
IMPORT_EVERYTHING = """
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from imports import datasets
from imports.intake import s3_events, schedules
from imports.maintenance import erasure, missing_events, resume, retention
from imports.monitoring import dead_letters
from imports.management.commands import demo
from imports.models import Upload
from tests.conftest import arrived, drive
from tests.imports.dropping import as_json, imported
from tests.product_files import good_row
from vendors.models import Vendor

call_command("load_demo")
for key in datasets.all_datasets():
    demo.drop(key)
while Upload.objects.count() < len(datasets.all_datasets()):
    s3_events.forward_some(s3_events.client(), wait_seconds=1)
drive()
metric = {"name": "cpu.load", "value": 1, "timestamp": "2026-01-01T00:00:00+00:00"}
imported("metrics/2026/load.json", as_json([metric]))
for mode in ("create", "update", "check"):
    arrived([good_row(1, brand=mode)], vendor=Vendor.objects.get(pk="VEND001"), mode=mode)
    drive()
for upload in Upload.objects.order_by("upload_timestamp"):
    print("ended", upload.dataset, upload.mode, upload.status)
# The sweep also finds objects of other tests in the bucket and does not change them.
resume.resume_stalled(), missing_events.find_missing_events(), dead_letters.watch_dead_letters()
schedules.run_schedules(), retention.delete_sources(), retention.delete_history()
erasure.erase_personal_data()
client = Client(HTTP_HOST="localhost")
client.post("/login/", {"username": "vendor", "password": "wrong"})
client.post("/login/", {"username": "vendor", "password": "vendor-demo"})
assert client.get("/uploads/").status_code == 200
"""
FORBIDDEN = (
    "CREATE TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE INDEX mine ON products (brand)",
    "ALTER TABLE products ADD mine int",
    "ALTER TABLE products DISABLE TRIGGER ALL",
    "DROP TABLE products",
    "TRUNCATE products",
    "DELETE FROM django_migrations",
    "CREATE ROLE mine",
    f"ALTER ROLE {MASTER} PASSWORD 'x'",
    "COPY products TO PROGRAM 'cat'",
)


def connect(user: str, password: str = "", *, database: str = DATABASE) -> Any:
    where = urlsplit(os.environ["DATABASE_URL"])
    connection = psycopg2.connect(
        host=where.hostname, port=where.port, user=user, password=password, dbname=database
    )
    connection.autocommit = True
    return connection


def run(connection: Any, statement: str) -> list[Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def as_superuser(statement: str) -> list[Any]:
    where = urlsplit(os.environ["DATABASE_URL"])
    assert where.username
    return run(connect(where.username, database=where.path[1:]), statement)


@pytest.fixture(scope="module")
def empty_database() -> Iterator[None]:
    """A database that the master owns and that requires passwords."""
    [[access_file]] = as_superuser("SHOW hba_file")
    rules = Path(access_file)
    if not os.access(rules, os.W_OK):
        pytest.skip("this server's access rules cannot be changed")
    before = rules.read_text()
    rules.write_text(f"host {DATABASE} all 127.0.0.1/32 scram-sha-256\n{before}")
    as_superuser("SELECT pg_reload_conf()")
    as_superuser(f"CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD 'of the master'")
    as_superuser(f"CREATE DATABASE {DATABASE} OWNER {MASTER}")
    yield
    as_superuser(f"DROP DATABASE {DATABASE}")
    as_superuser(f"DROP ROLE IF EXISTS {APPLICATION}, {MASTER}")
    rules.write_text(before)
    as_superuser("SELECT pg_reload_conf()")


def keep(name: str, **secret: Any) -> None:
    """Create or replace a secret."""
    manager = aws.client("secretsmanager")
    try:
        manager.put_secret_value(SecretId=name, SecretString=json.dumps(secret))
    except manager.exceptions.ResourceNotFoundException:
        manager.create_secret(Name=name, SecretString=json.dumps(secret))


def python(*arguments: str, **environment: str) -> str:
    """Run a process that has credentials only from secrets; return its output."""
    address = urlsplit(os.environ["DATABASE_URL"])
    url = f"postgresql://{address.hostname}:{address.port}/{DATABASE}"
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": url, "DB_SECRET_NAME": APPLICATION} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def prepare() -> str:
    return python("manage.py", "prepare_database", "-v0", DB_MASTER_SECRET_NAME=MASTER)


@pytest.fixture(scope="module")
def prepared(empty_database: None) -> str:
    """The database after its first preparation; returns the output of the command."""
    keep(MASTER, username=MASTER, password="of the master", engine="postgres", port=5432)
    keep(APPLICATION, username=APPLICATION, password="the first one")
    return prepare()


def test_the_role_can_import_every_data_set(prepared: str) -> None:
    for queue in (settings.EVENTS_QUEUE_URL, settings.MAINTENANCE_QUEUE_URL):
        aws.client("sqs").purge_queue(QueueUrl=queue)
    logins = {"vendor": {"username": "vendor", "password": "vendor-demo"}}
    said = python(
        "-c",
        IMPORT_EVERYTHING,
        DJANGO_SETTINGS_MODULE="config.settings",
        DEMO_LOGINS=json.dumps(logins),
    )
    assert "the first one" not in prepared
    ended = [line.removeprefix("ended ") for line in said.splitlines() if line[:5] == "ended"]
    assert sorted(ended) == [
        "clients create partial",
        "csv create partial",
        "customers create partial",
        "metrics create completed",
        "metrics create failed",  # the sample has errors, and metrics are all or nothing
        "products check failed",  # the product already exists
        "products create completed",
        "products create partial",
        "products update completed",
    ], said


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_cannot_change_tables_or_rights(prepared: str, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(connect(APPLICATION, "the first one"), statement)


def test_the_owner_is_no_superuser(prepared: str) -> None:
    """Otherwise these tests would prove nothing about RDS."""
    [[owner, is_super]] = as_superuser(
        f"SELECT rolname, rolsuper FROM pg_database JOIN pg_roles r ON r.oid = datdba "
        f"WHERE datname = '{DATABASE}'"
    )
    assert (owner, is_super) == (MASTER, False)


def test_the_role_can_write_to_tables_that_the_owner_creates_later(prepared: str) -> None:
    run(connect(MASTER, "of the master"), "CREATE TABLE later (id serial, word text)")
    run(connect(APPLICATION, "the first one"), "INSERT INTO later (word) VALUES ('x')")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(connect(APPLICATION, "the first one"), "DROP TABLE later")


def test_a_new_password_in_the_secret_becomes_the_roles(prepared: str) -> None:
    try:
        keep(APPLICATION, username=APPLICATION, password='it\'s the "second"')
        assert "second" not in prepare()
        assert run(connect(APPLICATION, 'it\'s the "second"'), "SELECT 1") == [(1,)]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            connect(APPLICATION, "the first one")
    finally:
        keep(APPLICATION, username=APPLICATION, password="the first one")
        prepare()


def test_the_owner_is_rejected_as_the_role(prepared: str) -> None:
    keep("the-same", username=MASTER, password="something else")
    with pytest.raises(AssertionError, match="OwnerItself"):
        python(
            "manage.py", "prepare_database", DB_MASTER_SECRET_NAME=MASTER, DB_SECRET_NAME="the-same"
        )
    run(connect(MASTER, "of the master"), "SELECT 1")


def test_without_a_master_it_only_migrates(empty_database: None) -> None:
    """As on a developer's machine, where the only role owns everything."""
    where = urlsplit(os.environ["DATABASE_URL"])
    name = "plainly_migrated"
    as_superuser(f"CREATE DATABASE {name} TEMPLATE {where.path[1:]}")
    try:
        url = where._replace(path=f"/{name}").geturl()
        said = python("manage.py", "prepare_database", DATABASE_URL=url, DB_SECRET_NAME="")
        assert "Running migrations:" in said
        assert "Role" not in said
    finally:
        as_superuser(f"DROP DATABASE {name}")
