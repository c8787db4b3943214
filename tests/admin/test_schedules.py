"""Staff set up schedules, see what is wrong with one, and import now."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client
from django.utils.timezone import now

from imports.models import Schedule
from tests.admin.conftest import list_of, make_upload, page_of
from vendors.models import Vendor


def form(**values: str) -> dict[str, str]:
    usual = {"name": "Nightly", "data_set": "products", "vendor": "VEND001", "prefix": "exports/"}
    rhythm = {"every_minutes": "", "cron": "", "is_enabled": "on"}
    return {**usual, **rhythm, **values}


def add(client: Client, **values: str) -> Any:
    return client.post(list_of(Schedule, "add"), form(**values))


def test_an_admin_sets_up_a_schedule(as_admin: Client, admin: User, vendor_a: Vendor) -> None:
    page = as_admin.get(list_of(Schedule, "add")).content.decode()
    assert '<option value="products">Products</option>' in page
    answer = add(as_admin, cron=" 0  6 * * mon-fri")
    assert answer["Location"] == list_of(Schedule)
    schedule = Schedule.objects.get()
    assert schedule.cron == "0 6 * * mon-fri"
    assert schedule.created_by == admin
    assert schedule.next_run_at is not None
    assert schedule.next_run_at > now()
    listed = as_admin.get(list_of(Schedule)).content.decode()
    assert "Cron: 0 6 * * mon-fri" in listed
    assert LogEntry.objects.get().user == admin


def test_a_schedule_of_minutes_begins_at_once(as_admin: Client, vendor_a: Vendor) -> None:
    add(as_admin, every_minutes="15")
    schedule = Schedule.objects.get()
    assert schedule.next_run_at is not None
    assert abs(schedule.next_run_at - now()) < timedelta(minutes=1)


def test_a_prefix_without_a_slash_is_saved_with_a_warning(
    as_admin: Client, vendor_a: Vendor
) -> None:
    """It also matches folders whose names begin with it, which may be meant."""

    def said(prefix: str) -> list[str]:
        answer = add(as_admin, name=prefix, prefix=prefix, every_minutes="15")
        return [str(each) for each in get_messages(answer.wsgi_request) if "slash" in str(each)]

    assert said("exports/metrics/") == []
    (warning,) = said("exports/prices")
    assert "exports/prices-old/" in warning
    assert Schedule.objects.filter(prefix="exports/prices").exists()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "Set an interval or a cron expression, not both."),
        (
            {"every_minutes": "5", "cron": "0 6 * * *"},
            "Set an interval or a cron expression, not both.",
        ),
        ({"every_minutes": "0"}, "Enter 1 or more."),
        ({"cron": "often"}, "Invalid cron expression"),
        ({"every_minutes": "5", "prefix": "u"}, "uploads/ is reserved for the data set Products."),
        ({"every_minutes": "5", "vendor": ""}, "Choose a vendor: products belong to one."),
        ({"every_minutes": "5", "data_set": "nothing"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    as_admin: Client, vendor_a: Vendor, values: dict[str, str], problem: str
) -> None:
    answer = add(as_admin, **values)
    assert answer.status_code == 200
    assert problem in answer.content.decode()
    assert not Schedule.objects.exists()


def make(vendor: Vendor, **values: Any) -> Schedule:
    usual = {"name": "Nightly", "dataset": "products", "prefix": "exports/", "every_minutes": 5}
    return Schedule.objects.create(vendor=vendor, **{**usual, **values})


def test_another_rhythm_moves_the_next_run_and_another_name_does_not(
    as_admin: Client, vendor_a: Vendor
) -> None:
    tick = now() + timedelta(minutes=3)
    schedule = make(vendor_a, next_run_at=tick, last_result="2 new")
    as_admin.post(page_of(schedule), form(name="Hourly", every_minutes="5"))
    schedule.refresh_from_db()
    assert (schedule.name, schedule.next_run_at, schedule.last_result) == ("Hourly", tick, "2 new")

    as_admin.post(page_of(schedule), form(cron="0 0 1 1 *"))
    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert (schedule.next_run_at.month, schedule.next_run_at.day) == (1, 1)

    as_admin.post(page_of(schedule), form(cron="0 0 1 1 *", is_enabled=""))
    schedule.refresh_from_db()
    assert schedule.next_run_at is None


def test_reviewers_import_now_and_that_is_kept(
    as_reviewer: Client, reviewer: User, vendor_a: Vendor
) -> None:
    schedule = make(vendor_a, is_enabled=False)
    assert "Import now" in as_reviewer.get(page_of(schedule)).content.decode()
    assert as_reviewer.get(page_of(schedule, "import_now")).status_code == 405
    answer = as_reviewer.post(page_of(schedule, "import_now"))
    assert answer["Location"] == page_of(schedule)
    assert next(str(m) for m in get_messages(answer.wsgi_request)).startswith(
        "Nightly: The import starts"
    )
    schedule.refresh_from_db()
    assert schedule.asked_by == reviewer
    assert "requested by reviewer" in as_reviewer.get(list_of(schedule)).content.decode()
    assert LogEntry.objects.get().change_message == "Requested an import now."


def test_several_are_imported_now_from_the_list(as_reviewer: Client, vendor_a: Vendor) -> None:
    chosen = [make(vendor_a, name=name).pk for name in ("One", "Two")]
    make(vendor_a, name="Three")
    as_reviewer.post(
        list_of(Schedule), {"action": "import_now_selected", "_selected_action": chosen}
    )
    asked = Schedule.objects.filter(asked_at__isnull=False).order_by("pk")
    assert [schedule.pk for schedule in asked] == chosen


def test_who_may_only_look_cannot_import(client: Client, staff: User, vendor_a: Vendor) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_schedule"))
    client.force_login(staff)
    schedule = make(vendor_a)
    assert "Import now" not in client.get(page_of(schedule)).content.decode()
    assert client.post(page_of(schedule, "import_now")).status_code == 403
    assert client.post(list_of(schedule, "add"), form(every_minutes="5")).status_code == 403


def test_an_upload_says_which_schedule_found_it(as_reviewer: Client, vendor_a: Vendor) -> None:
    upload = make_upload("UPLOAD_1", vendor_a, schedule=make(vendor_a))
    assert "by schedule Nightly" in as_reviewer.get(list_of(upload)).content.decode()
    assert "UTC, by schedule <a" in as_reviewer.get(page_of(upload)).content.decode()


def test_deleting_a_schedule_keeps_what_it_found(as_admin: Client, vendor_a: Vendor) -> None:
    schedule = make(vendor_a)
    upload = make_upload("UPLOAD_1", vendor_a, schedule=schedule)
    as_admin.post(page_of(schedule, "delete"), {"post": "yes"})
    upload.refresh_from_db()
    assert upload.schedule is None
