"""The history as a file: what the list shows, all pages of it, safe to open, for those who may."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from imports.formats.csv_writer import csv_lines
from imports.models import Upload
from imports.notifications.addresses import new_upload_url
from tests.admin.conftest import World, list_of, make_upload
from vendors.models import Vendor

EXPORT = "/admin/imports/upload/export/"


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{EXPORT}?{query}")
    assert answer.status_code == 200, query
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="uploads-')
    assert answer.streaming
    return parsed(b"".join(answer))


def parsed(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def ids(lines: list[dict[str, str]]) -> str:
    return "".join(line["Upload ID"].removeprefix("UPLOAD_") for line in lines)


@pytest.fixture
def uploads(vendor_a: Vendor, vendor_b: Vendor, alice: User) -> None:
    def on(day: int) -> datetime:
        return datetime(2026, 11, day, 12, 0, 59, tzinfo=UTC)

    make_upload(
        "UPLOAD_A", vendor_a, upload_timestamp=on(1), uploaded_by=alice,
        mode="check", check_of="update", only_check=True,
    )  # fmt: skip
    make_upload("UPLOAD_B", vendor_b, upload_timestamp=on(2), status="failed", valid_records=0)
    make_upload("UPLOAD_C", vendor_b, upload_timestamp=on(3), dataset="clients")
    make_upload("UPLOAD_D", None, upload_timestamp=on(4), status="failed")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "DCBA"),
        ("status__exact=failed", "DB"),
        ("vendor__vendor_id__exact=VEND002", "CB"),
        ("dataset=clients", "C"),
        ("upload_timestamp_from=2026-11-02&upload_timestamp_to=2026-11-03", "CB"),
        ("vendor__vendor_id__exact=VEND002&status__exact=failed", "B"),
        ("q=UPLOAD_A", "A"),
        ("q=nothing", ""),
        ("o=7", "ABCD"),
    ],
)  # fmt: skip
def test_the_list_as_it_is_narrowed_down(
    as_reviewer: Client, uploads: None, query: str, expected: str
) -> None:
    assert ids(exported(as_reviewer, query)) == expected
    page = as_reviewer.get(f"{list_of(Upload)}?{query}").content.decode()
    assert f'href="{EXPORT}' in page


def test_a_line_says_what_is_known(as_reviewer: Client, uploads: None) -> None:
    line = exported(as_reviewer, "q=UPLOAD_A")[0]
    assert {
        "Upload ID": "UPLOAD_A",
        "Vendor ID": "VEND001",
        "Vendor": "Clicky Peripherals",
        "Data Set": "products",
        "Uploaded": "2026-11-01T12:00:59Z",
        "Uploaded By": "alice",
        "Status": "partial",
        "Total Rows": "10",
        "Valid Rows": "7",
        "Rejected Rows": "3",
        "Ended": "",
        "Mode": "update",
        "Check Only": "yes",
    }.items() <= line.items()
    assert exported(as_reviewer, "q=UPLOAD_C")[0]["Check Only"] == "no"
    assert exported(as_reviewer, "q=UPLOAD_D")[0]["Vendor ID"] == "UNKNOWN"


def test_all_pages_are_exported(as_reviewer: Client, vendor_a: Vendor) -> None:
    for number in range(120):
        make_upload(f"UPLOAD_{number:03}", vendor_a)
    assert len(exported(as_reviewer, "p=2")) == 120
    with CaptureQueriesContext(connection) as few:
        exported(as_reviewer, "q=UPLOAD_000")
    with CaptureQueriesContext(connection) as many:
        exported(as_reviewer)
    assert len(many) == len(few)


def test_chosen_uploads_are_exported(as_reviewer: Client, uploads: None) -> None:
    form = {"action": "export_selected", "_selected_action": ["UPLOAD_A", "UPLOAD_C"]}
    answer = as_reviewer.post(list_of(Upload), form)
    assert ids(parsed(b"".join(answer))) == "CA"
    answer = as_reviewer.post(
        f"{list_of(Upload)}?status__exact=failed", {**form, "select_across": "1"}
    )
    assert ids(parsed(b"".join(answer))) == "DB"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_run_as_a_formula(as_reviewer: Client, vendor_a: Vendor, name: str) -> None:
    make_upload("UPLOAD_1", vendor_a, file_name=name, failure_message=name)
    line = exported(as_reviewer)[0]
    [[escaped]] = csv.reader(io.StringIO(b"".join(csv_lines([[name]])).decode("utf-8-sig")))
    assert (line["File Name"], line["Failure Message"]) == (escaped, escaped)
    assert escaped.startswith("'")


def test_no_part_of_a_cell_is_run_where_semicolons_divide(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    make_upload("UPLOAD_1", vendor_a, file_name="prices;=1+1.csv")
    assert exported(as_reviewer)[0]["File Name"] == "prices;'=1+1.csv"


def test_only_who_may_look_at_uploads_exports_them(
    client: Client, world: World, staff: User, alice: User
) -> None:
    assert client.get(EXPORT).status_code == 302
    for person, status in ((alice, 302), (staff, 403)):
        client.force_login(person)
        assert client.get(EXPORT).status_code == status
        form = {"action": "export_selected", "_selected_action": [world.upload.pk]}
        answer = client.post(list_of(Upload), form)
        assert "attachment" not in answer.get("Content-Disposition", "")


def test_a_query_that_makes_no_sense_leads_to_the_list(as_reviewer: Client) -> None:
    assert as_reviewer.get(f"{EXPORT}?no_such_field=1").status_code == 302


def test_staff_who_may_act_are_led_to_the_portals_form(
    as_reviewer: Client, client: Client, world: World, staff: User
) -> None:
    form = new_upload_url()
    for address in (list_of(Upload), "/admin/"):
        assert f'href="{form}"' in as_reviewer.get(address).content.decode()
    assert as_reviewer.get(reverse("new_upload")).status_code == 200
    client.force_login(staff)
    assert f'href="{form}"' not in client.get("/admin/").content.decode()
