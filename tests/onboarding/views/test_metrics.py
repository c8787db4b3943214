"""/metrics: for whom, in which format, and that it says what the database and SQS say."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from prometheus_client.parser import text_string_to_metric_families

from imports.models import Alarm
from imports.monitoring.prometheus import GAUGES
from tests.admin.conftest import make_upload
from vendors.models import Vendor

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def ask(authorization: str | None = f"Bearer {TOKEN}") -> Any:
    headers = {"authorization": authorization} if authorization is not None else {}
    return Client(headers=headers).get("/metrics")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", "Bearer \xe9"],
)
def test_without_the_token_nothing_is_queried(given: str | None) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = ask(given)
    assert (answer.status_code, answer.content, len(queries)) == (401, b"", 0)
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_where_no_token_is_set_there_is_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert [ask(given).status_code for given in (None, "Bearer ", f"Bearer {TOKEN}")] == [404] * 3
    assert Client().post("/metrics").status_code in (404, 405)


def read() -> dict[str, dict[tuple[str, ...], float]]:
    """What a Prometheus server reads: by metric, the value for each combination of labels."""
    answer = ask()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    families = list(text_string_to_metric_families(answer.content.decode()))
    assert [family.name for family in families] == [gauge.name for gauge in GAUGES]
    assert all(family.type == "gauge" and family.documentation for family in families)
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
    }


def test_a_prometheus_server_reads_what_has_happened(vendor_a: Vendor) -> None:
    make_upload("UPLOAD_1", vendor_a, completed_at=now(), started_at=now(), queued_at=now())
    make_upload("UPLOAD_2", vendor_a, completed_at=now(), status="failed", failure_code="INTERNAL")
    make_upload("UPLOAD_3", vendor_a, status="processing", attempts=1, next_attempt_at=now())
    Alarm.objects.create(kind="dead_letter", subject="queue mail")

    found = read()

    assert found["onboarding_sqs_up"] == {(): 1}
    assert found["onboarding_queue_messages"].keys() >= {
        ("imports", "waiting"),
        ("mail", "delayed"),
    }
    ended = found["onboarding_uploads_ended_last_hour"]
    assert (ended["partial",], ended["internal",], ended["completed",]) == (1, 1, 0)
    assert found["onboarding_rows_last_hour"] == {
        ("valid",): 14,
        ("skipped",): 0,
        ("rejected",): 6,
    }
    assert found["onboarding_uploads_last_hour_seconds"].keys() == {("50",), ("95",)}
    assert found["onboarding_uploads_stalled"] == {(): 1}
    assert found["onboarding_due"]["imports",] == 1
    kinds = found["onboarding_alarms_open"]
    assert (kinds["dead_letter",], sum(kinds.values())) == (1, 1)
    assert kinds.keys() == {(kind,) for kind in Alarm.Kind.values}


@pytest.mark.django_db
def test_an_outage_of_sqs_is_said_and_the_rest_still_measured(settings: Any) -> None:
    settings.MAIL_QUEUE_URL = f"{settings.MAIL_QUEUE_URL}-that-is-not-there"
    found = read()
    assert found["onboarding_sqs_up"] == {(): 0}
    assert found["onboarding_queue_messages"] == found["onboarding_queue_dead_letters"] == {}
    assert found["onboarding_uploads_last_hour_seconds"] == {}
    assert found["onboarding_uploads_in_progress"] == {(): 0}
