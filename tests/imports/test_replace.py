"""Mode replace: the file has the whole catalog."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from catalog.models import Product, ProductChange
from catalog.status import set_status
from imports import actions, datasets
from imports.holds.reasons import findings_of
from imports.models import Notification, PlannedChange, RowError, Upload
from imports.reports.planned_file import planned_file
from imports.reports.result import in_words, result_of
from imports.review.deciding import release
from tests.conftest import arrived, drive
from tests.imports.test_undo import counted, undone, whole
from tests.product_files import good_row
from vendors.access import access_of
from vendors.models import Vendor

Run = Callable[..., Upload]


@pytest.fixture
def catalog(run_upload: Run) -> list[dict[str, str]]:
    """Ten products, and the rows that they come from."""
    rows = [good_row(n, price="5.00") for n in range(10)]
    run_upload(rows)
    return rows


def inactive() -> list[str]:
    found = Product.objects.filter(status="inactive").order_by("pk")
    return list(found.values_list("vendor_product_id", flat=True))


def test_what_the_file_lacks_becomes_inactive(
    run_upload: Run, catalog: list[dict[str, str]], vendor_b: Vendor
) -> None:
    run_upload([good_row(77)], vendor=vendor_b)
    rows = [catalog[0] | {"price": "6.00"}, *catalog[1:8], good_row(20)]
    upload = run_upload(rows, mode="replace")
    assert inactive() == ["VP-8", "VP-9"]
    counts = (upload.created_records, upload.updated_records, upload.unchanged_records)
    assert (upload.status, counts, upload.deactivated_records) == ("completed", (1, 1, 7), 2)
    assert Product.objects.filter(deactivated_at__isnull=False).count() == 2
    recorded = ProductChange.objects.filter(upload_id=upload.pk, before={"status": "active"})
    assert list(recorded.values_list("kind", "upload_row")) == [("U", None)] * 2
    assert result_of(upload)["deactivated_records"] == 2
    assert "2 deactivated" in in_words(upload)
    mail = Notification.objects.get(upload=upload)
    for body in (mail.text_body, mail.html_body):
        assert "2 deactivated." in body
    assert "Deactivated Products: 2" in mail.text_body


def test_a_product_that_is_in_the_file_again_is_active_again(
    run_upload: Run, catalog: list[dict[str, str]]
) -> None:
    run_upload(catalog[:8], mode="replace")
    upload = run_upload(catalog[:9], mode="replace")
    assert inactive() == ["VP-9"]
    assert (upload.updated_records, upload.deactivated_records) == (1, 0)


def test_what_a_person_has_deactivated_stays_inactive(
    run_upload: Run, catalog: list[dict[str, str]], staff: User
) -> None:
    product = Product.objects.get(vendor_product_id="VP-3")
    set_status([product.pk], Product.Status.INACTIVE, by=staff)
    upload = run_upload(catalog, mode="replace")
    assert inactive() == ["VP-3"]
    said = RowError.objects.get(upload=upload)
    assert (said.row_number, said.error_type, said.severity) == (5, "STILL_INACTIVE", "notice")


def test_a_file_that_lacks_too_much_is_held_before_any_row_is_imported(
    run_upload: Run, catalog: list[dict[str, str]], alice: User
) -> None:
    before = whole()
    upload = run_upload(
        [catalog[0] | {"price": "9.99"}, *catalog[1:7], good_row(20)], mode="replace"
    )
    [finding] = findings_of(upload)
    assert (upload.status, finding.code) == ("held", "TOO_MANY_MISSING")
    assert finding.message == (
        "3 of 10 active products are not in the file, and would become inactive. That is more than "
        "20%."
    )
    assert (whole(), upload.deactivated_records) == (before, 3)
    release(upload.pk, run=1, access=access_of(alice), by=alice, count=5)
    drive()
    assert inactive() == ["VP-7", "VP-8", "VP-9"]


def test_the_share_is_a_setting(
    run_upload: Run, catalog: list[dict[str, str]], settings: Any
) -> None:
    settings.REPLACE_MAX_SHARE = 70
    assert run_upload(catalog[:3], mode="replace").deactivated_records == 7


def test_a_row_that_is_rejected_is_in_the_file(
    run_upload: Run, catalog: list[dict[str, str]]
) -> None:
    rows = [catalog[0] | {"price": "free"}, *catalog[1:8]]
    upload = run_upload(rows, mode="replace")
    assert (upload.status, upload.error_records) == ("partial", 1)
    assert inactive() == ["VP-8", "VP-9"]


@pytest.mark.parametrize("identity", ["", "4.00638E+12", "x" * 101])
def test_nothing_is_deactivated_if_a_row_does_not_say_which_product_it_is(
    run_upload: Run, catalog: list[dict[str, str]], identity: str
) -> None:
    """It may be one that would be deactivated."""
    rows = [*catalog[:8], catalog[8] | {"vendor_product_id": identity}]
    upload = run_upload(rows, mode="replace")
    assert (inactive(), upload.deactivated_records, upload.error_records) == ([], 0, 1)
    said = RowError.objects.get(upload=upload, error_type="NOTHING_DEACTIVATED")
    assert said.row_number == 10


def test_what_is_newer_than_the_file_stays(
    run_upload: Run, catalog: list[dict[str, str]], vendor_a: Vendor, staff: User
) -> None:
    """One was edited, one was added, and one was confirmed by a file, after the file was sent."""
    waiting = arrived(catalog[:8], vendor=vendor_a, mode="replace")
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now() + timedelta(hours=1))
    edited = Product.objects.get(vendor_product_id="VP-8")
    edited.price = Decimal("7.00")
    edited.save_edit(["price"], by=staff)
    run_upload([good_row(20)])
    run_upload([catalog[9]], mode="update")
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now())
    drive()
    waiting.refresh_from_db()
    assert (waiting.status, inactive()) == ("completed", [])  # nothing is left to hold


def test_newer_products_are_not_deactivated(
    run_upload: Run, catalog: list[dict[str, str]], vendor_a: Vendor, settings: Any
) -> None:
    settings.REPLACE_MAX_SHARE = 100
    waiting = arrived(catalog[:8], vendor=vendor_a, mode="replace")
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_upload([good_row(20)])
    run_upload([catalog[9]], mode="update")
    Upload.objects.filter(pk=waiting.pk).update(next_attempt_at=now())
    drive()
    assert inactive() == ["VP-8"]


def test_a_check_says_what_would_be_deactivated_and_its_import_does_it(
    run_upload: Run, catalog: list[dict[str, str]]
) -> None:
    check = run_upload(catalog[:8], mode="replace", only_check=True)
    assert (inactive(), check.deactivated_records, check.imported_records) == ([], 2, 0)
    assert check.can_be_imported
    planned = PlannedChange.objects.filter(upload=check).values_list("identity", "after")
    assert sorted(planned) == [(f"VP-{n}", {"status": "inactive"}) for n in (8, 9)]
    file = b"".join(planned_file(check, datasets.of_upload(check))).decode("utf-8-sig")
    assert ",VP-8,changed,Status,Active,Inactive" in file.replace('"', "")
    mail = Notification.objects.get(upload=check)
    assert "2 to deactivate." in mail.text_body
    actions.import_checked(check.upload_id, by=None)
    drive()
    check.refresh_from_db()
    assert (inactive(), check.deactivated_records) == (["VP-8", "VP-9"], 2)
    assert not RowError.objects.filter(upload=check)


def test_rows_to_fix_do_not_replace_a_catalog(
    run_upload: Run, catalog: list[dict[str, str]]
) -> None:
    rows = [row | {"Errors": "Price is wrong"} for row in catalog]
    upload = run_upload(rows, mode="replace")
    assert upload.failure_code == "ROWS_TO_FIX"


@pytest.mark.usefixtures("row_by_row")
def test_batch_by_batch_and_again(run_upload: Run, settings: Any) -> None:
    settings.REPLACE_MAX_SHARE = 50
    rows = [good_row(n) for n in range(6)]
    run_upload(rows)
    upload = run_upload([*rows[:3], rows[3] | {"price": "x"}], mode="replace")
    assert (inactive(), upload.deactivated_records) == (["VP-4", "VP-5"], 2)
    actions.retry(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert (upload.status, inactive()) == ("partial", ["VP-4", "VP-5"])


def test_an_undo_activates_them_again(run_upload: Run, catalog: list[dict[str, str]]) -> None:
    before = list(Product.objects.order_by("pk").values("price", "status", "deactivated_at"))
    upload = run_upload([catalog[0] | {"price": "6.00"}, *catalog[1:8]], mode="replace")
    undo = undone(upload)
    assert counted(undo) == {"restored": 3}
    assert before == list(Product.objects.order_by("pk").values(*before[0]))
    again = undone(undo)
    assert (counted(again), inactive()) == ({"restored": 3}, ["VP-8", "VP-9"])


def test_an_undo_keeps_what_a_person_has_activated_since(
    run_upload: Run, catalog: list[dict[str, str]], staff: User
) -> None:
    upload = run_upload(catalog[:8], mode="replace")
    product = Product.objects.get(vendor_product_id="VP-8")
    set_status([product.pk], Product.Status.ACTIVE, by=staff)
    undo = undone(upload)
    assert counted(undo) == {"restored": 1, "kept": 1}
    said = RowError.objects.get(upload=undo)
    assert said.row_number < 1
    assert said.error_message.startswith("Not undone: Status. Changed since, by a person")
