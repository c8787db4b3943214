"""The page of one upload: its numbers, errors, files and progress."""

import re
import urllib.request
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from imports import actions
from imports.models import Upload
from imports.storage import s3
from tests.admin.conftest import list_of, make_error, make_upload, page_of
from tests.conftest import drive, report_text
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

RunUpload = Callable[..., Upload]


def words(html: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def shown(client: Client, upload: Upload) -> str:
    answer = client.get(page_of(upload))
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_the_counters_add_up(as_reviewer: Client, vendor_a: Vendor) -> None:
    upload = make_upload(
        "UPLOAD_1",
        vendor_a,
        status="cancelled",
        total_records=1000,
        valid_records=600,
        error_records=50,
        skipped_records=1,
    )
    page = shown(as_reviewer, upload)
    assert (
        "Imported 600 Rejected 50 Skipped 1 Not processed 349 Rows in the file 1,000 "
        "Success rate 60%" in page
    )


def test_errors_by_type_and_row_by_row(as_reviewer: Client, run_upload: RunUpload) -> None:
    rows = [good_row(i) for i in range(60)]
    for i in range(55):
        rows[i]["price"] = "-1"
    rows[58]["category"] = "Footware"
    upload = run_upload(rows, file_name="spring.csv")

    page = shown(as_reviewer, upload)

    assert "INVALID_PRICE Price 55 2–56" in page
    assert "INVALID_CATEGORY Category 1 60" in page
    assert "First 50 of 56 errors" in page
    html = as_reviewer.get(page_of(upload)).content.decode()
    every_one = f"{list_of(upload.row_errors.model)}?q={upload.upload_id}"
    assert f'href="{every_one}"' in html
    assert f'href="{every_one}&amp;error_type=INVALID_PRICE"' in html
    listed = as_reviewer.get(f"{every_one}&error_type=INVALID_CATEGORY")
    assert [error.row_number for error in listed.context["cl"].result_list] == [60]


def test_a_rejected_row_is_shown_in_the_order_of_the_file(
    as_reviewer: Client, run_upload: RunUpload
) -> None:
    upload = run_upload([good_row(1, price="-1")])
    expected = (
        "vendor_product_id VP-1 product_name Wireless mouse category Computer Accessories "
        "sku SKU-1 price -1 stock_quantity 150"
    )
    assert expected in shown(as_reviewer, upload)
    error = upload.row_errors.get()
    assert expected in words(as_reviewer.get(page_of(error)).content.decode())


def test_a_refusal_says_code_reason_and_remedy(as_reviewer: Client, run_upload: RunUpload) -> None:
    page = shown(as_reviewer, run_upload("vendor_product_id,sku\n1,2\n"))
    assert "MISSING_COLUMNS The header is missing" in page
    assert "Choose what your columns hold on the page of the upload" in page


def test_a_check_says_that_nothing_was_imported(as_reviewer: Client, run_upload: RunUpload) -> None:
    page = shown(as_reviewer, run_upload([good_row(1)], mode="check"))
    assert "Check only: nothing was imported" in page


def test_the_report_and_the_vendors_file_come_from_the_recorded_version(
    as_reviewer: Client, run_upload: RunUpload
) -> None:
    rows = [good_row(1), good_row(2, price="0")]
    upload = run_upload(rows)
    # Other objects are put under the same keys.
    for key in (upload.s3_key, upload.error_file_s3_key):
        s3.put(upload.s3_bucket, key, b"something else", "text/csv")

    def downloaded(page: str) -> bytes:
        answer = as_reviewer.get(page_of(upload, page))
        assert answer.status_code == 302
        assert "no-store" in answer["Cache-Control"]
        assert "X-Amz-Expires=60" in answer["Location"]
        with urllib.request.urlopen(answer["Location"]) as body:
            return bytes(body.read())

    assert downloaded("source") == csv_bytes(rows)
    assert downloaded("report").decode("utf-8-sig") == report_text(upload)


@pytest.mark.parametrize(
    "state", [{"s3_version": None}, {"source_deleted_at": now()}], ids=["never came", "deleted"]
)
def test_a_file_that_is_not_there_is_not_offered(
    as_reviewer: Client, vendor_a: Vendor, state: dict[str, object]
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a, **state)
    html = as_reviewer.get(page_of(upload)).content.decode()
    assert page_of(upload, "source") not in html
    assert page_of(upload, "report") not in html
    assert as_reviewer.get(page_of(upload, "source")).status_code == 404
    assert as_reviewer.get(page_of(upload, "report")).status_code == 404


def test_progress_is_asked_for_until_the_end(as_reviewer: Client, vendor_a: Vendor) -> None:
    upload = make_upload("UPLOAD_1", vendor_a, status="processing", step="load", total_records=200)
    html = as_reviewer.get(page_of(upload)).content.decode()
    assert f'hx-get="{page_of(upload, "progress")}"' in html
    answer = as_reviewer.get(page_of(upload, "progress"))
    assert 'max="200" value="10"' in answer.content.decode()
    assert "HX-Refresh" not in answer

    Upload.objects.update(status="failed")
    answer = as_reviewer.get(page_of(upload, "progress"))
    assert answer["HX-Refresh"] == "true"
    assert "hx-get" not in answer.content.decode()


def test_the_file_of_an_unknown_vendor_has_a_page_too(as_reviewer: Client, reviewer: User) -> None:
    upload = make_upload("UPLOAD_1", None, status="failed", failure_code="UNKNOWN_VENDOR")
    assert "Unknown vendor “UNKNOWN”" in shown(as_reviewer, upload)


def test_a_data_set_that_is_no_longer_declared_does_not_break_the_page(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    upload = make_upload("UPLOAD_1", vendor_a, dataset="forgotten")
    make_error(upload, 2)
    page = shown(as_reviewer, upload)
    assert "forgotten" in page
    assert "Too low" in page
    assert as_reviewer.get(list_of(upload)).status_code == 200


@pytest.mark.usefixtures("never_held")
def test_rows_that_changed_nothing_are_no_errors(
    as_reviewer: Client, run_upload: RunUpload
) -> None:
    bad = {"vendor_product_id": "VP-99", "price": "x"}

    def prices(count: int, price: str) -> list[dict[str, str]]:
        return [{"vendor_product_id": f"VP-{n}", "price": price} for n in range(count)]

    run_upload([good_row(n) for n in range(60)])
    older = run_upload([*prices(60, "9.00"), bad], mode="update")
    run_upload(prices(55, "8.00"), mode="update")
    actions.retry(older.upload_id, by=None)
    drive()
    older.refresh_from_db()

    page = shown(as_reviewer, older)
    errors, notices = page.split("Notes on imported rows: first 50 of 55 rows")
    assert "OLDER_CONTENT" not in errors
    assert "All errors" in errors
    assert notices.count("OLDER_CONTENT") == 50
    assert "INVALID_PRICE" not in notices
    assert "60 of 61 (98%) 5 updated, 55 unchanged, 1 rejected" in words(
        as_reviewer.get(list_of(Upload)).content.decode()
    )


def test_a_check_with_errors_is_not_called_partially_imported(
    as_reviewer: Client, run_upload: RunUpload
) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x")], mode="check")
    assert upload.status == "partial"
    for page in (
        shown(as_reviewer, upload),
        words(as_reviewer.get(list_of(Upload)).content.decode()),
    ):
        assert "Errors found" in page
    assert "Partially imported" not in shown(as_reviewer, upload)


def test_an_upload_can_be_undone_and_says_so(as_reviewer: Client, run_upload: RunUpload) -> None:
    upload = run_upload([good_row(1)])
    address = f"/uploads/{upload.upload_id}/undo/"
    assert address in as_reviewer.get(page_of(upload)).content.decode()
    undo = actions.undo(upload.upload_id, by=None)
    drive()
    page = as_reviewer.get(page_of(upload)).content.decode()
    assert address not in page
    assert page_of(undo) in page
    assert page_of(upload) in as_reviewer.get(page_of(undo)).content.decode()
    assert "Removed 1" in shown(as_reviewer, undo)


def test_the_state_of_each_answer_in_the_bucket(
    as_reviewer: Client, run_upload: RunUpload, vendor_a: Vendor
) -> None:
    upload = run_upload([good_row(1)], file_name="spring.csv")
    upload.outbox_files.filter(kind="result").update(
        state="pending", last_error="AccessDenied", next_attempt_at=now(), written_at=None
    )
    page = shown(as_reviewer, upload)
    answers = page.partition("Answers in the bucket")[2].partition("Errors by type")[0]
    begin = f"outbox/VEND001/spring.csv.{upload.upload_id}"
    assert re.search(
        r"Result of a run Pending · run 1 · next attempt .+ UTC AccessDenied "
        rf"{begin}.run1.result.json File received Written · .+ UTC {begin}.received.json",
        answers,
    )
    other = make_upload("UPLOAD_1", vendor_a)
    assert "Answers in the bucket" not in shown(as_reviewer, other)
