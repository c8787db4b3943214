"""What an email says: the subject is true, and nothing is promised that did not happen."""

from collections.abc import Callable

import pytest

from imports import actions
from imports.models import Notification, Upload
from imports.notifications import email
from tests.admin.conftest import make_upload
from tests.conftest import arrived, drive
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
BAD = good_row(1, price="x")


def mail_of(upload: Upload) -> Notification:
    return Notification.objects.get(upload=upload, run=upload.run)


@pytest.mark.parametrize(
    ("rows", "mode", "subject"),
    [
        ([good_row(1)], "create", "Product Upload Complete - p.csv (100% Success)"),
        ([good_row(1), BAD], "create", "Product Upload Complete - p.csv (50% Success)"),
        ([BAD], "create", "Product Upload Failed - p.csv"),
        (b"", "create", "Product Upload Refused - p.csv"),
        ([good_row(1)], "check", "Product Check Complete - p.csv (100% Ready)"),
        ([good_row(1), good_row(2), BAD], "check", "Product Check Complete - p.csv (66% Ready)"),
        ([BAD], "check", "Product Check Complete - p.csv (0% Ready)"),
        (b"", "check", "Product Check Refused - p.csv"),
    ],
)
def test_the_subject_says_what_happened(
    run_upload: Run, rows: list[dict[str, str]] | bytes, mode: str, subject: str
) -> None:
    upload = run_upload(rows, mode=mode, file_name="p.csv")
    assert mail_of(upload).subject == subject


def test_the_subject_of_a_canceled_upload(vendor_a: Vendor, categories: list[str]) -> None:
    upload = arrived([good_row(1)], vendor=vendor_a, file_name="p.csv")
    actions.cancel(upload.upload_id, by=None)
    drive()
    assert mail_of(upload).subject == "Product Upload Canceled - p.csv"


def test_the_subject_after_a_failure_on_our_side(vendor_a: Vendor) -> None:
    upload = make_upload(
        "UPLOAD_1", vendor_a, file_name="p.csv", status="failed", failure_code="INTERNAL"
    )
    assert email.prepare(upload).subject == "Product Upload Failed - p.csv"


def test_an_update_that_can_change_nothing_is_no_success(run_upload: Run) -> None:
    """Its only known columns find the product. Formerly “(100% Success)”."""
    first = good_row(1)
    run_upload([first])
    text = f"Vendor Product ID,SKU,Price (EUR)\n{first['vendor_product_id']},{first['sku']},9.99\n"
    mail = mail_of(run_upload(text.encode(), mode="update", file_name="prices.csv"))
    assert mail.subject == "Product Upload Complete - prices.csv (Nothing Changed)"
    for body in (mail.text_body, mail.html_body):
        assert "Nothing was changed. No column of the file can change a product." in body
        assert "Columns that were not imported: Price (EUR)" in body
        assert "Success" not in body
        assert "imported." not in body


def test_an_update_names_the_columns_that_were_not_imported(run_upload: Run) -> None:
    first = good_row(1)
    run_upload([first])
    text = f"Vendor Product ID,Price,Cost\n{first['vendor_product_id']},9.99,5\n"
    mail = mail_of(run_upload(text.encode(), mode="update", file_name="prices.csv"))
    assert mail.subject == "Product Upload Complete - prices.csv (100% Success)"
    assert "Columns that were not imported: Cost" in mail.text_body
