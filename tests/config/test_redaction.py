"""Log lines contain only the safe parts of messages from libraries."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from celery import shared_task
from django.db import DataError, IntegrityError, connection
from django.test import Client

from catalog.models import Category
from config.logging import Ids, Structured
from vendors.models import Vendor

SECRET = "Grace Hopper"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The log lines that CloudWatch receives."""
    found: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(self.format(record)))

    handler = Keep()
    handler.addFilter(Ids())
    handler.setFormatter(Structured("%(levelname)s %(name)s %(message)s %(upload_id)s"))
    monkeypatch.setattr(logging.root, "handlers", [*logging.root.handlers, handler])
    return found


log = logging.getLogger("any")


def throw(error: Exception) -> None:
    raise error


def write_down(error: Exception) -> None:
    try:
        throw(error)
    except Exception as caught:
        log.error("gave up: %s", caught, exc_info=caught)


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError(f"invalid literal: {SECRET!r}"), "ValueError"),
        (UnicodeEncodeError("ascii", SECRET, 0, 1, "no"), "UnicodeEncodeError"),
        (ParamValidationError(report=SECRET), "ParamValidationError"),
        (FileNotFoundError("no file /tmp/x"), "FileNotFoundError: no file /tmp/x"),
        (
            ClientError({"Error": {"Code": "Throttled", "Message": "of jo@acme.example"}}, "Send"),
            "ClientError: An error occurred (Throttled) when calling the Send operation: of …@…",
        ),
    ],
)
def test_an_exception_is_logged_without_data(
    error: Exception, described: str, lines: list[dict[str, Any]]
) -> None:
    write_down(error)
    [line] = lines
    assert line["message"] == f"gave up: {described}"
    assert line["exc_info"].splitlines()[-1] == described
    assert "in throw" in line["exc_info"], "the traceback is kept"
    assert SECRET not in json.dumps(line)


def test_the_cause_of_an_exception_is_logged_without_data(lines: list[dict[str, Any]]) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError:
        log.exception("gave up")
    [line] = lines
    assert SECRET not in json.dumps(line)
    assert line["exc_info"].index("ValueError") < line["exc_info"].index("RuntimeError")


@pytest.mark.django_db
def test_a_constraint_violation_is_logged_without_the_row(lines: list[dict[str, Any]]) -> None:
    Category.objects.create(name=SECRET)
    with pytest.raises(IntegrityError, match=SECRET) as refused, connection.cursor() as cursor:
        cursor.execute("INSERT INTO product_categories (name) SELECT name FROM product_categories")
    write_down(refused.value)
    assert lines[0]["message"] == "gave up: IntegrityError 23502 is_active"
    assert SECRET not in json.dumps(lines)


@pytest.mark.django_db
def test_a_cell_that_postgresql_cannot_read_is_not_quoted(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(DataError, match=SECRET) as refused, connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [SECRET])
    write_down(refused.value)
    assert lines[0]["message"] == "gave up: DataError 22P02"
    assert SECRET not in json.dumps(lines)


@shared_task
def fails(secret: str) -> None:
    raise ValueError(secret)


def test_celery_logs_a_failed_task_without_the_message(lines: list[dict[str, Any]]) -> None:
    fails.apply((SECRET,))
    [line] = [line for line in lines if line["name"] == "celery.app.trace"]
    assert "tests.config.test_redaction.fails" in line["message"]
    assert "in fails" in line["exc_info"]
    assert SECRET not in json.dumps(line)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/reports/a-secret/", "/reports/a-secret/x", "/password-reset/MQ/a-secret/"]
)
def test_secret_links_are_redacted_in_every_log_line(
    path: str, lines: list[dict[str, Any]]
) -> None:
    Client().get(path)
    assert lines, "our line for the request, and Django's for a 404"
    assert "a-secret" not in json.dumps(lines)


def test_an_email_address_in_our_own_message_is_redacted(lines: list[dict[str, Any]]) -> None:
    log.info("%s of %s", Vendor(name="x"), "o'neill+test@mail.acme.example")
    assert "acme" not in lines[0]["message"]
