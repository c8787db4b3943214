"""What staff do to uploads and alarms, from the list and from the page, and that it is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client

from catalog.models import Category
from imports.models import Action, Alarm, Upload
from tests.admin.conftest import list_of, make_upload, page_of
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

RunUpload = Callable[..., Upload]


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def choose(client: Client, action: str, *rows: Upload | Alarm) -> Any:
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(list_of(rows[0]), form)


def test_a_retry_brings_in_the_rows_of_a_category_that_was_added(
    as_reviewer: Client, reviewer: User, run_upload: RunUpload
) -> None:
    rows = [good_row(1), good_row(2, category="Footwear")]
    upload = run_upload(rows)
    assert (upload.valid_records, upload.error_records) == (1, 1)
    Category.objects.create(name="Footwear")

    answer = as_reviewer.post(page_of(upload, "retry"))

    assert answer.status_code == 302
    assert answer["Location"] == page_of(upload)
    assert said(answer) == [f"Retried {upload.upload_id}."]
    drive()
    upload.refresh_from_db()
    assert (upload.run, upload.status) == (2, "completed")
    assert (upload.valid_records, upload.error_records) == (2, 0)
    page = as_reviewer.get(page_of(upload)).content.decode()
    assert "Retried by reviewer" in page
    action = Action.objects.get(upload=upload, kind=Action.Kind.RETRY)
    assert (action.by, action.run) == (reviewer, 2)


def test_cancel_on_the_page_stops_an_upload_that_waits(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    upload = arrived([good_row(1)], vendor=vendor_a)
    assert "Cancel upload" in as_reviewer.get(page_of(upload)).content.decode()
    as_reviewer.post(page_of(upload, "cancel"))
    upload.refresh_from_db()
    assert upload.status == Upload.Status.CANCELLED
    assert Action.objects.get(kind=Action.Kind.CANCEL).upload == upload


def test_what_staff_did_is_in_djangos_log_as_well(
    as_reviewer: Client, reviewer: User, vendor_a: Vendor
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a)
    as_reviewer.post(page_of(upload, "retry"))
    as_reviewer.post(page_of(upload, "cancel"))
    entries = LogEntry.objects.order_by("pk")
    assert [(e.user, e.object_id, e.change_message) for e in entries] == [
        (reviewer, "UPLOAD_1", "Retried (run 2)."),
        (reviewer, "UPLOAD_1", "Canceled (run 2)."),
    ]


def test_several_uploads_at_once_and_a_reason_for_each_that_cannot(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    done = make_upload("UPLOAD_1", vendor_a, status="completed", valid_records=10, error_records=0)
    ended = make_upload("UPLOAD_2", vendor_a)
    other = make_upload("UPLOAD_3", vendor_a)
    gone = make_upload("UPLOAD_4", vendor_a, s3_version=None)

    answer = choose(as_reviewer, "retry_selected", done, ended, other, gone)

    assert said(answer) == [
        "UPLOAD_1: All rows of this upload were imported. There is nothing to retry.",
        "UPLOAD_4: The file is not stored. Upload it again.",
        "Retried 2 uploads.",
    ]
    runs = Upload.objects.order_by("pk").values_list("run", flat=True)
    assert list(runs) == [1, 2, 2, 1]
    assert LogEntry.objects.count() == 2

    answer = choose(as_reviewer, "cancel_selected", done, ended)
    assert said(answer)[3:] == ["UPLOAD_1: This upload has already ended.", "Canceled 1 upload."]


def test_a_retry_by_a_click_on_a_link_is_not_possible(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a)
    assert as_reviewer.get(page_of(upload, "retry")).status_code == 405
    assert as_reviewer.get(page_of(upload, "cancel")).status_code == 405


def test_a_forged_request_from_another_site_changes_nothing(
    reviewer: User, vendor_a: Vendor
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a)
    client = Client(enforce_csrf_checks=True)
    client.force_login(reviewer)
    assert client.post(page_of(upload, "retry")).status_code == 403
    upload.refresh_from_db()
    assert upload.run == 1


def test_who_may_only_look_is_offered_no_action(
    client: Client, staff: User, vendor_a: Vendor
) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_upload"))
    client.force_login(staff)
    upload = make_upload("UPLOAD_1", vendor_a)
    page = client.get(page_of(upload)).content.decode()
    assert page_of(upload, "retry") not in page
    assert "retry_selected" not in client.get(list_of(upload)).content.decode()
    assert client.post(page_of(upload, "retry")).status_code == 403
    choose(client, "retry_selected", upload)
    upload.refresh_from_db()
    assert upload.run == 1


@pytest.mark.parametrize(
    ("status", "offered"),
    [("completed", None), ("partial", "retry"), ("cancelled", "retry"), ("processing", "cancel")],
)
def test_the_page_offers_what_is_possible(
    as_reviewer: Client, vendor_a: Vendor, status: str, offered: str | None
) -> None:
    counts = {"valid_records": 10, "error_records": 0}
    upload = make_upload("UPLOAD_1", vendor_a, status=status, **counts)
    page = as_reviewer.get(page_of(upload)).content.decode()
    for name in ("retry", "cancel"):
        assert (page_of(upload, name) in page) == (name == offered)


@pytest.fixture
def alarm(db: None) -> Alarm:
    return Alarm.objects.create(kind=Alarm.Kind.DEAD_LETTER, subject="queue imports", detail="3")


def test_an_alarm_is_closed_with_who_and_when(
    as_reviewer: Client, reviewer: User, alarm: Alarm
) -> None:
    assert "Close alarm" in as_reviewer.get(page_of(alarm)).content.decode()
    as_reviewer.post(page_of(alarm, "close"))
    alarm.refresh_from_db()
    assert alarm.closed_by == reviewer
    assert alarm.closed_at is not None
    assert LogEntry.objects.get().change_message == "Closed."
    page = as_reviewer.get(page_of(alarm)).content.decode()
    assert "by reviewer" in page
    assert "Close alarm" not in page


def test_an_alarm_is_closed_once(as_reviewer: Client, admin: User, alarm: Alarm) -> None:
    as_reviewer.post(page_of(alarm, "close"))
    first = Alarm.objects.get().closed_at
    second = Client()
    second.force_login(admin)
    assert said(second.post(page_of(alarm, "close"))) == ["This alarm is already closed."]
    alarm.refresh_from_db()
    assert (alarm.closed_at, alarm.closed_by.username) == (first, "reviewer")  # type: ignore[union-attr]
    assert LogEntry.objects.count() == 1


def test_several_alarms_are_closed_from_the_list(as_reviewer: Client, alarm: Alarm) -> None:
    other = Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject="UPLOAD_1")
    assert said(choose(as_reviewer, "close_selected", alarm, other)) == ["Closed 2 alarms."]
    assert not Alarm.objects.filter(closed_at__isnull=True).exists()
