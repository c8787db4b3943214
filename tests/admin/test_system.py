"""The System page: what it says, who sees it, and what it costs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from imports.models import Alarm, Notification, WebhookDelivery, WebhookEndpoint
from tests.admin.conftest import make_upload
from tests.admin.test_upload_page import words
from vendors.models import Vendor

SYSTEM = "/admin/system/"
PART = {"HX-Request": "true"}


@pytest.fixture
def busy(vendor_a: Vendor) -> None:
    """Work of this hour and of two days ago, and one of each problem."""
    for number, (hours, status) in enumerate([(0, "partial"), (0, "failed"), (48, "completed")]):
        at = now() - timedelta(hours=hours)
        counts = {"total_records": 8, "valid_records": 8, "error_records": 0} if hours else {}
        make_upload(
            f"UPLOAD_20261120_223000_00000{number}",
            vendor_a,
            status=status,
            failure_code="INTERNAL" if status == "failed" else "",
            started_at=at - timedelta(seconds=2),
            queued_at=at - timedelta(seconds=4),
            completed_at=at,
            **counts,
        )
    upload = make_upload(
        "UPLOAD_5", vendor_a, status="processing", attempts=1, next_attempt_at=now()
    )
    Notification.objects.create(
        upload=upload, run=1, to="a@b.example", subject="x", state="bounced"
    )
    endpoint = WebhookEndpoint.objects.create(
        vendor=vendor_a, url="https://shop.example/", events=[], off="dead", seed="5eed"
    )
    WebhookDelivery.objects.create(
        endpoint=endpoint, message_id="msg_1", type="ping", body="{}", state="failed"
    )
    Alarm.objects.create(kind="failed_upload", subject="UPLOAD_20261120_223000_000001")


def test_the_page_says_what_happened_and_leads_to_it(as_admin: Client, busy: None) -> None:
    html = as_admin.get(SYSTEM).content.decode()
    text = words(html)
    for said in (
        "2 uploads",
        "Median 4.0 s, 95th percentile 4.0 s",
        "20 rows",
        "5 rows a second",
        "1 email, 1 with a problem",
        "1 webhook, 1 not delivered",
        "Uploads that an internal error stopped error 1",
        "Webhooks that fail check_circle 0",
        "Stalled uploads error 1",
        "Webhooks that we switched off error 1",
    ):
        assert said in text, said
    week = words(as_admin.get(f"{SYSTEM}?span=7d").content.decode())
    assert "3 uploads" in week
    assert "28 rows" in week
    links = set(re.findall(r'href="(/admin/imports/[^"]+\?[^"]+)"', html))
    assert len(links) > 4
    for link in links:
        assert as_admin.get(link.replace("&amp;", "&")).status_code == 200, link
    assert html.count("<svg") > 6
    assert "<script" not in html.partition('id="ob-system"')[2].partition("</main>")[0]


def test_the_page_asks_for_its_numbers_and_can_be_stopped(as_reviewer: Client, busy: None) -> None:
    whole = as_reviewer.get(f"{SYSTEM}?span=7d").content.decode()
    assert 'hx-get="?span=7d" hx-trigger="every 60s [' in whole
    part = as_reviewer.get(f"{SYSTEM}?span=7d", headers=PART).content.decode()
    assert part.lstrip().startswith('<div id="ob-system"')
    assert "<html" not in part
    assert whole.count("<figure") == part.count("<figure") == 6
    stopped = as_reviewer.get(f"{SYSTEM}?span=7d&refresh=off").content.decode()
    assert "hx-trigger" not in stopped.partition('id="ob-system"')[2].partition("</main>")[0]
    assert 'href="?span=24h&amp;refresh=off"' in stopped


def test_who_sees_it(client: Client, staff: User, as_reviewer: Client, busy: None) -> None:
    """Those who may view uploads; links lead only to lists that they may view."""
    html = as_reviewer.get(SYSTEM).content.decode()
    assert "/admin/imports/alarm/?state=open" in html
    assert "/admin/imports/webhookendpoint/" in html
    assert 'href="/admin/system/"' in as_reviewer.get("/admin/").content.decode()
    other = Client()
    assert other.get(SYSTEM)["Location"] == f"/admin/login/?next={SYSTEM}"
    other.force_login(staff)
    assert other.get(SYSTEM).status_code == 403
    assert 'href="/admin/system/"' not in other.get("/admin/").content.decode()
    staff.user_permissions.add(Permission.objects.get(codename="view_upload"))
    html = other.get(SYSTEM).content.decode()
    for list_page in ("alarm", "webhookendpoint"):
        assert f"/admin/imports/{list_page}/" not in html
    assert "/admin/imports/upload/?progress=stalled" in html


def test_an_outage_of_sqs_takes_only_the_queues_away(
    as_reviewer: Client, busy: None, settings: Any
) -> None:
    assert "dead-letter" not in (before := words(as_reviewer.get(SYSTEM).content.decode()))
    assert "SQS does not answer" not in before
    settings.MAIL_QUEUE_URL = f"{settings.MAIL_QUEUE_URL}-that-is-not-there"
    text = words(as_reviewer.get(SYSTEM).content.decode())
    assert "SQS does not answer" in text
    assert "Stalled uploads error 1" in text


def test_it_takes_as_many_queries_however_much_has_happened(
    as_reviewer: Client, busy: None, vendor_a: Vendor
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_reviewer.get(SYSTEM, headers=PART).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(30):
        make_upload(f"UPLOAD_MORE_{number}", vendor_a, completed_at=now(), started_at=now())
    assert queries() == few
    assert few <= 25
