"""Metrics: all rows of a file are imported or none, even after kills and failures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from imports import actions, pipeline
from imports.datasets import get
from imports.destinations import all_or_nothing
from imports.models import Alarm, RowError, Upload
from imports.steps import findings
from imports.steps import load as load_step
from tests.conftest import drive, report_text
from tests.imports.dropping import as_json, dropped, imported
from warehouse.models import IncomingMetric, Metric

pytestmark = pytest.mark.django_db
KEY = "metrics/2026/load.json"


def metric(number: int, **changes: Any) -> dict[str, Any]:
    """A valid item with a unique key. `changes` replace or add values."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return {"name": "cpu.load", "value": number / 7, "timestamp": at.isoformat()} | changes


def many(count: int) -> list[dict[str, Any]]:
    # Long notes, so that there are many staged items and batches.
    return [metric(n, note="x" * 900) for n in range(count)]


def counts(upload: Upload) -> tuple[int, int, int, int]:
    upload.refresh_from_db()
    return (
        upload.total_records,
        upload.valid_records,
        upload.skipped_records,
        upload.error_records,
    )


@pytest.fixture
def one_batch_a_slice(settings: Any) -> None:
    settings.BATCH_ROWS, settings.SLICE_SECONDS = 1, 0


def test_a_file_without_errors_is_imported() -> None:
    upload = imported(KEY, as_json([metric(1), metric(2, value=1e308), metric(3, value=-5)]))
    assert (upload.status, counts(upload)) == ("completed", (3, 3, 0, 0))
    stored = Metric.objects.order_by("timestamp").values_list("name", "value", "upload_row")
    assert list(stored) == [("cpu.load", 1 / 7, 1), ("cpu.load", 1e308, 2), ("cpu.load", -5.0, 3)]
    assert not IncomingMetric.objects.exists()
    assert not Alarm.objects.exists()


def test_one_error_rejects_all_rows_and_is_listed() -> None:
    upload = imported(
        KEY, as_json([metric(1), metric(2, value="12.5"), metric(3, name=""), metric(4)])
    )
    assert (upload.status, counts(upload)) == ("failed", (4, 0, 0, 2))
    assert not Metric.objects.exists()
    assert not IncomingMetric.objects.exists()
    report = report_text(upload)
    assert "2,cpu.load," in report
    assert "INVALID_NUMBER,Value must be a number without quotation marks" in report.replace(
        '"', ""
    )
    assert list(RowError.objects.values_list("row_number", "column_name", "error_type")) == [
        (2, "value", "INVALID_NUMBER"),
        (3, "name", "REQUIRED_FIELD"),
    ]


def test_a_failed_file_raises_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = imported(KEY, as_json([metric(1, value=None)]))
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == ("failed_import", upload.upload_id)
    assert "REQUIRED_FIELD" in alarm.detail


def test_a_refused_file_raises_an_alarm() -> None:
    upload = imported(KEY, '[{"name": "a", ')
    assert (upload.status, upload.failure_code) == ("failed", "MALFORMED_JSON")
    assert "cut off" in Alarm.objects.get().detail


@pytest.mark.parametrize(
    ("column", "value", "error_type"),
    [
        ("name", None, "REQUIRED_FIELD"),
        ("name", "  ", "REQUIRED_FIELD"),
        ("name", "x" * 201, "FIELD_TOO_LONG"),
        ("name", "a\0b", "INVALID_VALUE"),
        ("value", None, "REQUIRED_FIELD"),
        ("value", True, "INVALID_NUMBER"),
        ("value", "", "INVALID_NUMBER"),
        ("value", "NaN", "INVALID_NUMBER"),
        ("timestamp", None, "REQUIRED_FIELD"),
        ("timestamp", 1767225600, "INVALID_TIMESTAMP"),
        ("timestamp", "2026-01-01T00:00:00", "INVALID_TIMESTAMP"),
        ("timestamp", "2026-01-01", "INVALID_TIMESTAMP"),
        ("timestamp", "20260101T000000Z", "INVALID_TIMESTAMP"),
        ("timestamp", "2026-02-30T00:00:00Z", "INVALID_TIMESTAMP"),
        ("timestamp", "2026-01-01T00:00:00+25:00", "INVALID_TIMESTAMP"),
        ("timestamp", "0001-01-01T00:00:00+14:00", "INVALID_TIMESTAMP"),
        ("timestamp", "yesterday", "INVALID_TIMESTAMP"),
    ],
)
def test_a_value_that_breaks_a_rule(column: str, value: Any, error_type: str) -> None:
    upload = imported(KEY, as_json([metric(1), metric(2, **{column: value})]))
    assert upload.status == "failed"
    found = list(RowError.objects.values_list("row_number", "column_name", "error_type"))
    assert found == [(2, column, error_type)]


@pytest.mark.parametrize("number", ["1e309", "-1E+400", "9" * 400])
def test_a_number_beyond_a_double_is_an_error(number: str) -> None:
    upload = imported(
        KEY, as_json([metric(1, value=0)]).replace('"value": 0', f'"value": {number}')
    )
    assert RowError.objects.get().error_type == "INVALID_NUMBER"
    assert upload.status == "failed"


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("1E5", 1e5),
        ("-0", 0.0),
        ("12345678901234567890", 12345678901234567890.0),
        ("5e-324", 5e-324),
        ("0." + "1" * 500, 0.1111111111111111),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_every_number_that_a_double_can_hold_is_kept(number: str, stored: float) -> None:
    imported(KEY, as_json([metric(1, value=0)]).replace('"value": 0', f'"value": {number}'))
    assert Metric.objects.get().value == stored


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T14:00:00+02:00",
        "2026-03-01 12:00:00.000Z",
        "2026-03-01t12:00z",
    ],
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    imported(KEY, as_json([metric(1, timestamp=text)]))
    assert Metric.objects.get().timestamp == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "status"), [(23, "completed"), (25, "failed")])
def test_a_time_may_be_a_day_in_the_future(hours: int, status: str) -> None:
    at = datetime.now(UTC) + timedelta(hours=hours)
    assert imported(KEY, as_json([metric(1, timestamp=at.isoformat())])).status == status


def test_stored_metrics_are_skipped() -> None:
    imported("metrics/a.json", as_json([metric(1), metric(2)]))
    upload = imported(
        "metrics/b.json", as_json([metric(2, value=9), metric(3), metric(3, value=8)])
    )
    assert (upload.status, counts(upload)) == ("completed", (3, 1, 2, 0))
    assert list(Metric.objects.order_by("timestamp").values_list("value", flat=True)) == [
        1 / 7,
        2 / 7,
        3 / 7,
    ]


def test_one_object_per_line_is_accepted() -> None:
    lines = "\n".join(as_json(metric(n)) for n in range(3))
    assert imported("metrics/a.jsonl", lines).valid_records == 3


def test_other_keys_are_ignored_and_listed() -> None:
    upload = imported(KEY, as_json([metric(1, host="a", name2=1), metric(2, later=[])]))
    assert (
        upload.failure_code == "MALFORMED_JSON"
    )  # a list is not allowed in any key, not even an ignored one
    upload = imported(KEY, as_json([metric(1, host="a"), metric(2, later=1)]))
    assert (upload.status, upload.ignored_columns) == ("completed", ["host"])


@pytest.mark.usefixtures("one_batch_a_slice")
def test_no_row_is_visible_before_all_are_imported() -> None:
    upload = dropped(KEY, as_json(many(600)))
    seen = set()
    while pipeline.advance():
        seen.add(Metric.objects.count())
        upload.refresh_from_db()
        if upload.step == Upload.Step.LOAD and upload.cursor:
            assert IncomingMetric.objects.count() == upload.valid_records
    assert seen == {0, 600}
    assert counts(upload) == (600, 600, 0, 0)
    assert not IncomingMetric.objects.exists()


@pytest.mark.usefixtures("one_batch_a_slice")
def test_an_error_in_the_last_batch_takes_back_what_was_counted() -> None:
    upload = imported(KEY, as_json([*many(600), metric(601, value=None)]))
    assert (upload.status, counts(upload)) == ("failed", (601, 0, 0, 1))
    assert not Metric.objects.exists()
    assert not IncomingMetric.objects.exists()


@pytest.mark.usefixtures("one_batch_a_slice")
def test_an_error_in_the_first_batch_stages_no_more_rows_and_finds_all_errors() -> None:
    upload = imported(KEY, as_json([metric(0, value=None), *many(600), metric(700, value=None)]))
    assert (upload.status, counts(upload)) == ("failed", (602, 0, 0, 2))


@pytest.mark.usefixtures("one_batch_a_slice")
def test_rows_lost_in_a_crash_of_postgresql_are_loaded_again() -> None:
    upload = dropped(KEY, as_json(many(600)))
    for _ in range(3):
        pipeline.advance()
    assert IncomingMetric.objects.exists()
    IncomingMetric.objects.all().delete()  # as PostgreSQL does with unlogged tables after a crash

    drive()
    assert (counts(upload), upload.status) == ((600, 600, 0, 0), "completed")
    assert upload.restarts == 1
    assert Metric.objects.count() == 600


@pytest.mark.django_db(transaction=True)
def test_too_many_losses_end_the_upload(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAX_ATTEMPTS, settings.RETRY_BASE_SECONDS = 2, 0.0
    monkeypatch.setattr(all_or_nothing, "copy_rows", lambda *_: None)
    upload = imported(KEY, as_json([metric(1)]))
    assert (upload.status, upload.failure_code) == ("failed", "INTERNAL")
    assert upload.restarts == load_step.MAX_RESTARTS
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["failed_upload"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_batch_a_slice")
def test_failed_batches_are_repeated(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RETRY_BASE_SECONDS = 0.0
    upload = dropped(KEY, as_json(many(600)))
    original = findings.store_findings
    calls = 0

    def fail_every_other_time(*args: Any) -> None:
        nonlocal calls
        calls += 1
        original(*args)
        if calls % 2:
            raise OSError("killed")  # in the transaction, at its end

    monkeypatch.setattr(load_step, "store_findings", fail_every_other_time)
    drive()
    assert (counts(upload), upload.status) == ((600, 600, 0, 0), "completed")
    assert Metric.objects.count() == 600


@pytest.mark.django_db(transaction=True)
def test_a_failure_of_the_move_imports_no_row(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 1
    original = all_or_nothing.AllOrNothing._move

    def breaks(*args: Any) -> int:
        original(*args)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(all_or_nothing.AllOrNothing, "_move", breaks)
    upload = imported(KEY, as_json([metric(1), metric(2)]))
    assert (upload.status, upload.failure_code) == ("failed", "INTERNAL")
    assert not Metric.objects.exists()
    assert not IncomingMetric.objects.exists()

    monkeypatch.setattr(all_or_nothing.AllOrNothing, "_move", original)
    actions.retry(upload.upload_id, by=None)
    drive()
    assert (counts(upload), upload.status) == ((2, 2, 0, 0), "completed")


def test_a_retry_of_a_file_with_errors_finds_them_again() -> None:
    upload = imported(KEY, as_json([metric(1), metric(2, value=None)]))
    actions.retry(upload.upload_id, by=None)
    drive()
    assert (counts(upload), upload.run, upload.status) == ((2, 0, 0, 1), 2, "failed")


@pytest.mark.usefixtures("one_batch_a_slice")
def test_a_canceled_file_imports_nothing_and_can_be_retried() -> None:
    upload = dropped(KEY, as_json(many(600)))
    for _ in range(3):
        pipeline.advance()
    actions.cancel(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert upload.status == "cancelled"
    assert not Metric.objects.exists()
    assert not IncomingMetric.objects.exists()
    assert upload.valid_records == 0

    actions.retry(upload.upload_id, by=None)
    drive()
    assert (counts(upload), upload.status) == ((600, 600, 0, 0), "completed")


def test_rows_imported_by_an_earlier_run_count_as_valid_in_the_next() -> None:
    upload = imported(KEY, as_json([metric(1), metric(2)]))
    Upload.objects.update(status="cancelled")  # canceled between the last batch and the report
    actions.retry(upload.upload_id, by=None)
    drive()
    assert (counts(upload), upload.status) == ((2, 2, 0, 0), "completed")


def test_the_incoming_table_is_unlogged_and_the_other_is_not() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relpersistence FROM pg_class "
            "WHERE relname IN ('metrics', 'incoming_metrics', 'incoming_metrics_pkey')"
        )
        kept = dict(cursor.fetchall())
    assert kept == {"metrics": "p", "incoming_metrics": "u", "incoming_metrics_pkey": "u"}


@pytest.mark.usefixtures("one_batch_a_slice")
def test_two_files_with_the_same_keys_do_not_disturb_each_other() -> None:
    first = dropped("metrics/a.json", as_json(many(400)))
    second = dropped("metrics/b.json", as_json(list(reversed(many(400)))))
    drive()
    assert {counts(first), counts(second)} == {(400, 400, 0, 0), (400, 0, 400, 0)}


def test_a_file_with_too_many_items_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(get("metrics").__dict__, "max_rows", 2)
    upload = imported(KEY, as_json([metric(1), metric(2), metric(3)]))
    assert upload.failure_code == "TOO_MANY_ROWS"
