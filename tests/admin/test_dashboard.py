"""The dashboard's figures, from literal uploads."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from imports.admin.dashboard import dashboard_stats
from imports.admin.dashboard.dashboard_stats import Day, ErrorType
from imports.models import (
    Alarm,
    CategoryRequest,
    HeldUpload,
    Notification,
    RowError,
    Upload,
    WebhookEndpoint,
)
from tests.admin.conftest import list_of, make_error, make_held, make_upload, page_of
from tests.admin.test_upload_page import words
from vendors.models import Vendor

TODAY = date(2026, 11, 20)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_uploads_and_success_rate_per_day(vendor_a: Vendor) -> None:
    full = {"total_records": 10, "valid_records": 10, "error_records": 0}
    none = {"total_records": 5, "valid_records": 0, "error_records": 5}
    refused = {"total_records": 0, "valid_records": 0, "error_records": 0}
    for number, (status, when, counts) in enumerate(
        [
            ("completed", at(20, 0, 0), full),
            ("partial", at(20, 23, 59), {}),  # 7 of 10
            ("failed", at(20), none),
            ("failed", at(20), refused),
            ("cancelled", at(20), {}),
            ("processing", at(20), {}),
            ("received", at(20), refused),
            ("completed", at(7, 0, 0), full),
            ("completed", at(6, 23, 59), full),  # the day before the first
            ("failed", at(19), refused),
            ("held", at(20), refused),
        ]
    ):
        make_upload(f"UPLOAD_{number}", vendor_a, status=status, upload_timestamp=when, **counts)

    days = dashboard_stats.days(TODAY)

    assert [day.day for day in days] == [date(2026, 11, 7) + timedelta(days=i) for i in range(14)]
    assert days[-1] == Day(
        TODAY,
        uploads=8,
        completed=1,
        partial=1,
        failed=2,
        cancelled=1,
        held=1,
        rows=45,
        valid=31,
        errors=14,
    )
    assert days[-1].in_progress == 2
    assert days[-1].success_rate == 68  # 68.9, rounded down
    assert days[0] == Day(date(2026, 11, 7), uploads=1, completed=1, rows=10, valid=10)
    assert days[0].success_rate == 100
    assert days[-2].success_rate is None
    assert days[1] == Day(date(2026, 11, 8))
    assert dashboard_stats.total(days).uploads == 10
    assert dashboard_stats.total(days).valid == 41


def test_the_most_frequent_errors_of_seven_days(vendor_a: Vendor) -> None:
    inside = make_upload("UPLOAD_1", vendor_a, upload_timestamp=at(14, 0))
    outside = make_upload("UPLOAD_2", vendor_a, upload_timestamp=at(13, 23, 59))
    for row in (2, 3, 4):
        make_error(inside, row)
        make_error(outside, row, error_type="DUPLICATE_SKU")
    make_error(inside, 5, error_type="INVALID_STOCK")

    found = dashboard_stats.top_error_types(TODAY)

    assert found.types == [ErrorType("INVALID_PRICE", 3), ErrorType("INVALID_STOCK", 1)]
    assert (found.since, found.is_cut) == (at(14, 0), False)


def test_errors_are_counted_up_to_a_bound(
    vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_stats, "MAX_ERRORS", 5)
    for number, hour in enumerate((10, 11, 12)):
        upload = make_upload(f"UPLOAD_{number}", vendor_a, upload_timestamp=at(20, hour))
        for row in (2, 3, 4):
            make_error(upload, row, error_type=f"TYPE_{number}")
    found = dashboard_stats.top_error_types(TODAY)
    assert found.types == [ErrorType("TYPE_1", 3), ErrorType("TYPE_2", 3)]
    assert (found.since, found.is_cut) == (at(20, 11), True)


def test_what_is_in_progress_and_what_is_stuck(vendor_a: Vendor) -> None:
    make_upload("UPLOAD_DONE", vendor_a)
    make_upload(
        "UPLOAD_MOVES",
        vendor_a,
        status="processing",
        step="load",
        lease_until=now() + timedelta(seconds=20),
        next_attempt_at=now() - timedelta(minutes=5),
    )
    make_upload("UPLOAD_STUCK", vendor_a, status="processing", attempts=3, next_attempt_at=now())
    found = dashboard_stats.in_progress()
    assert (found.count, found.stalled) == (2, 1)
    assert [upload.pk for upload in found.uploads] == ["UPLOAD_STUCK", "UPLOAD_MOVES"]
    assert found.stalled_ids == {"UPLOAD_STUCK"}


UPLOAD = "UPLOAD_20261120_093000_7F3A2C"


@pytest.mark.parametrize(
    ("kind", "subject", "detail", "page"),
    [
        ("failed_upload", UPLOAD, "step load: KeyError", f"/admin/imports/upload/{UPLOAD}/change/"),
        (
            "unknown_vendor",
            "ACME",
            f"{UPLOAD}: s3://b/k",
            f"/admin/imports/upload/{UPLOAD}/change/",
        ),
        ("unsent_mail", UPLOAD, "rejected", "/admin/imports/notification/71/change/"),
        ("bounced_mail", UPLOAD, "To a@b.example.", "/admin/imports/notification/71/change/"),
        ("bounced_mail", f"{UPLOAD[:-1]}D", "", f"/admin/imports/upload/{UPLOAD[:-1]}D/change/"),
        ("dead_letter", "queue imports", "", "/admin/system/"),
        ("failed_schedule", "Night & day", "", "/admin/imports/schedule/?q=Night+%26+day"),
        ("stray_file", "s3://bucket/x/", "", ""),
    ],
)
def test_an_alarm_leads_to_what_it_is_about(
    as_admin: Client, vendor_a: Vendor, *, kind: str, subject: str, detail: str, page: str
) -> None:
    upload = make_upload(UPLOAD, vendor_a)
    for number, state in ((70, "failed"), (71, "bounced"), (72, "sent")):
        Notification.objects.create(
            pk=number, upload=upload, run=number, to="a@b.example", subject="x", state=state
        )
    Alarm.objects.create(kind=kind, subject="closed", closed_at=now())
    opened = Alarm.objects.create(kind=kind, subject=subject, detail=detail)
    found = dashboard_stats.open_alarms()
    (only,) = found.newest
    # Django's admin writes an underscore of an ID in its addresses as _5F.
    about = only.about.replace("_5F", "_")
    assert (found.count, only.alarm, about) == (1, opened, page)
    for place in ("/admin/", list_of(Alarm), page_of(opened)):
        html = as_admin.get(place).content.decode()
        assert not page or f'href="{only.about}">' in html.replace("&amp;", "&"), place


def test_what_waits_for_staff(as_admin: Client, vendor_a: Vendor, vendor_b: Vendor) -> None:
    upload = make_upload(
        UPLOAD, vendor_a, status="failed", failure_code="INTERNAL", upload_timestamp=now()
    )
    old = now() - timedelta(days=8)
    make_upload("UPLOAD_OLD", vendor_a, status="failed", failure_code="INTERNAL")
    make_upload("UPLOAD_REFUSED", vendor_a, status="failed", failure_code="NO_ROWS")
    for run, (state, created) in enumerate([("failed", now()), ("bounced", old), ("sent", now())]):
        Notification.objects.create(
            upload=upload,
            run=run,
            to="a@b.example",
            subject="x",
            state=state,
            created_at=created,
        )
    Notification.objects.create(
        upload=upload, run=9, to="a@b.example", subject="x", next_attempt_at=now()
    )
    for vendor, name in ((vendor_a, "toys"), (vendor_b, "toys"), (vendor_a, "pets")):
        CategoryRequest.objects.create(vendor=vendor, upload=upload, name=name, compared=name)
    WebhookEndpoint.objects.create(
        vendor=vendor_a, url="https://shop.example/", events=[], off="gone", seed="5eed"
    )
    Upload.objects.filter(pk="UPLOAD_OLD").update(upload_timestamp=old)

    text = words(as_admin.get("/admin/").content.decode())

    for line, count in {
        "Uploads that an internal error stopped in the last 7 days": 1,
        "Categories that vendors want": 2,
        "Emails of the last 7 days that did not arrive": 1,
        "Emails that are not sent yet": 1,
        "Webhooks that we switched off": 1,
    }.items():
        assert f"{line} error {count}" in text, line


def test_every_figure_leads_to_its_list(as_reviewer: Client, vendor_a: Vendor) -> None:
    today = now().date()
    upload = make_upload("UPLOAD_1", vendor_a, upload_timestamp=now(), status="processing")
    make_error(upload, 2)
    alarm = Alarm.objects.create(kind=Alarm.Kind.DEAD_LETTER, subject="queue imports")
    html = as_reviewer.get("/admin/").content.decode()

    first = today - timedelta(days=13)
    week = today - timedelta(days=6)
    uploads = "/admin/imports/upload/"
    errors = "/admin/imports/rowerror/"
    for address in (
        f"{uploads}?upload_timestamp_from={first}",
        f"{uploads}?upload_timestamp_from={today}&amp;upload_timestamp_to={today}",
        f"{uploads}?progress=in_progress",
        f"{uploads}?progress=stalled",
        f"{uploads}UPLOAD_5F1/change/",
        f"{errors}?error_type=INVALID_PRICE&amp;upload__upload_timestamp_from={week}",
        "/admin/imports/alarm/?state=open",
        f"/admin/imports/alarm/{alarm.pk}/change/",
    ):
        assert f'href="{address}"' in html, address
        assert as_reviewer.get(address.replace("&amp;", "&")).status_code == 200
    text = words(html)
    assert "1 upload , 7 of 10 rows imported, success rate 70%" in text
    assert "Rows rejected 3 Success rate 70%" in text
    assert f"{today:%a}" in html.partition('class="plot"')[2].partition("</svg>")[0]
    assert "In progress, 1</title>" in html
    assert "1 in progress , 0 stalled" in text


def test_held_uploads_are_not_in_progress(as_reviewer: Client, vendor_a: Vendor) -> None:
    make_held("UPLOAD_1", vendor_a, upload_timestamp=now())
    html = as_reviewer.get("/admin/").content.decode()
    assert "Held, 1</title>" in html
    assert "In progress, 1</title>" not in html
    assert f'href="{list_of(HeldUpload)}">Held uploads</a>' in html
    assert "Canceled Held In progress Success rate" in words(html)
    assert " 1 0 0 0 0 1 0 70%" in words(html)


def test_an_empty_system_says_so(as_reviewer: Client) -> None:
    text = words(as_reviewer.get("/admin/").content.decode())
    for sentence in (
        "No uploads in this period.",
        "No uploads in progress.",
        "No row errors in this period.",
        "No open alarms.",
    ):
        assert sentence in text


def test_a_person_sees_the_figures_of_their_rights_only(client: Client, staff: User) -> None:
    Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject="UPLOAD_SECRET")
    staff.user_permissions.add(Permission.objects.get(codename="view_rowerror"))
    client.force_login(staff)
    html = client.get("/admin/").content.decode()
    assert "Most frequent row errors" in html
    assert "UPLOAD_SECRET" not in html
    assert "Uploads of the last" not in html


def test_the_dashboard_takes_as_many_queries_however_busy_it_is(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_reviewer.get("/admin/").status_code == 200
        return len(captured)

    make_error(make_upload("UPLOAD_X", vendor_a, upload_timestamp=now(), status="processing"), 2)
    Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject="UPLOAD_X")
    queries()
    few = queries()
    for number in range(50):
        upload = make_upload(
            f"UPLOAD_{number}", vendor_a, upload_timestamp=now(), status="processing"
        )
        RowError.objects.create(upload=upload, run=1, row_number=2, error_type=f"TYPE_{number}")
        Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject=f"UPLOAD_{number}")
    assert queries() <= few
    assert few <= 23
