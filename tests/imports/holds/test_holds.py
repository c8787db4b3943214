"""An import that is not plausible is held: nothing of it is imported until a person says so."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from catalog.models import Product
from imports import actions
from imports.maintenance import retention
from imports.models import (
    Approval,
    Notification,
    OutboxFile,
    PlannedChange,
    RowError,
    Schedule,
    Upload,
)
from imports.reports.corrections import left_in
from imports.reports.result import in_words, result_of
from imports.review.deciding import reject, release
from imports.rules.holds import Finding
from imports.webhooks.events import event_of
from tests.conftest import arrived, drive, person, report_text
from tests.product_files import good_row
from vendors.access import access_of
from vendors.models import Vendor

Run = Callable[..., Upload]
Row = dict[str, str]
ROWS = [good_row(n, price=f"{12 + n}.50", stock_quantity=str(5 + n)) for n in range(20)]


@pytest.fixture
def catalog(run_upload: Run) -> None:
    run_upload(ROWS)


@pytest.fixture
def held(run_upload: Run, catalog: None, alice: User) -> Upload:
    """All prices are multiplied by a hundred."""
    return run_upload(DAMAGED, mode="update", by=alice)


def changed(**cells: Callable[[Row], str]) -> list[Row]:
    return [row | {key: cell(row) for key, cell in cells.items()} for row in ROWS]


DAMAGED = changed(price=lambda row: row["price"].replace(".", ""))


def prices() -> list[Decimal]:
    """In the order of ROWS."""
    return sorted(Product.objects.values_list("price", flat=True))


def codes(upload: Upload) -> list[str]:
    return [each["code"] for each in upload.held_reason or []]


def released(upload: Upload, by: User, **more: Any) -> Upload:
    release(upload.pk, run=upload.run, access=access_of(by), by=by, **more)
    drive()
    upload.refresh_from_db()
    return upload


def test_a_file_with_lost_decimals_is_imported_when_its_owner_releases_it(
    held: Upload, alice: User
) -> None:
    before = prices()
    assert (held.status, codes(held)) == ("held", ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"])
    assert before == [Decimal(row["price"]) for row in ROWS]
    assert (held.updated_records, PlannedChange.objects.count()) == (20, 20)
    mail = Notification.objects.get(upload=held)
    assert mail.subject == "Product Upload Held - products.csv"
    assert "Prices look shifted by a decimal" in mail.text_body
    for body in (mail.text_body, mail.html_body):
        assert "release or cancel it" in body
        assert "Check only" not in body
    with pytest.raises(actions.NotPossible, match="Enter the number 20"):
        release(held.pk, run=1, access=access_of(alice), by=alice, count=19)
    upload = released(held, alice, count=20)
    assert (upload.status, upload.run, upload.updated_records) == ("completed", 2, 20)
    assert prices() == [price * 100 for price in before]
    assert not RowError.objects.exists()
    assert not PlannedChange.objects.exists()
    kinds = list(upload.actions.values_list("kind", "run", "by"))
    assert kinds == [("upload", 1, alice.pk), ("release", 2, alice.pk)]


def test_programs_read_that_it_is_held_and_why(held: Upload) -> None:
    answer = json.loads(OutboxFile.objects.get(upload=held, kind="result").content)
    assert [each["code"] for each in answer["held_for"]] == codes(held)
    assert (answer["status"], answer["only_check"], answer["mode"]) == ("held", False, "update")
    assert answer["held_for"] == result_of(held)["held_for"]
    assert set(codes(held)) == {*answer["help"]}
    assert event_of(held) == "upload.held"
    assert "DECIMAL_SHIFT: The 20 prices that change are typically 100 times" in in_words(held)


def by_ten(row: Row) -> str:
    return str(Decimal(row["price"]) * 10)


def a_fifth_more(row: Row) -> str:
    return f"{Decimal(row['price']) * Decimal('1.2'):.2f}"


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"price": by_ten}, ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"]),
        ({"price": lambda row: str(Decimal(row["price"]) * 2)}, ["MASS_CHANGE"]),
        ({"stock_quantity": lambda _row: "0"}, ["STOCK_ZEROED"]),
        ({"price": a_fifth_more, "stock_quantity": lambda _row: "7"}, []),
        ({"product_name": lambda row: f"Mouse {row['sku']}"}, ["MASS_CHANGE"]),
        ({"description": lambda row: f"Number {row['sku']}"}, []),
    ],
)
@pytest.mark.parametrize("mode", ["update", "replace"])
def test_what_is_held(
    run_upload: Run, catalog: None, cells: dict[str, Any], reasons: list[str], mode: str
) -> None:
    upload = run_upload(changed(**cells), mode=mode)
    assert (upload.status, codes(upload)) == ("held" if reasons else "completed", reasons)


def test_usual_files_one_after_another(run_upload: Run, catalog: None) -> None:
    """Parts of the catalog and all of it, prices that move, sales, products that sell out."""
    chance = random.Random(20261123)
    for _ in range(8):
        sale = chance.choice((1, 1, 0.8, 1.2))
        rows = [
            row
            | {"price": f"{float(row['price']) * sale * chance.uniform(0.9, 1.1):.2f}"}
            | {"stock_quantity": str(chance.choice((0, 5, 5, 9)))}
            for row in chance.sample(ROWS, chance.choice((1, 5, 20)))
        ]
        assert run_upload(rows, mode="update").status == "completed"


@pytest.mark.usefixtures("row_by_row")
def test_a_file_of_many_batches_is_looked_at_before_the_first_is_written(
    run_upload: Run, catalog: None, alice: User
) -> None:
    """And a row that is rejected anyway is not looked at."""
    rows = [*ROWS[:12], DAMAGED[12] | {"stock_quantity": "x"}, *DAMAGED[13:18], *ROWS[18:]]
    upload = run_upload(rows, mode="update")
    assert (upload.status, upload.updated_records, upload.error_records) == ("held", 5, 1)
    assert upload.held_reason
    assert [each[0] for each in upload.held_reason[0]["examples"]] == [15, 16, 17, 18, 19]
    assert prices() == [Decimal(row["price"]) for row in ROWS]
    upload = released(upload, alice, count=5)
    assert (upload.status, upload.updated_records, upload.error_records) == ("partial", 5, 1)


def test_what_nothing_is_known_of_is_imported(run_upload: Run, catalog: None) -> None:
    """New products, a check that was asked for, an undo."""
    assert run_upload([good_row(n, price="0.01") for n in range(30, 60)]).status == "completed"
    check = run_upload(DAMAGED, mode="update", only_check=True)
    assert (check.status, check.held_reason, check.is_only_check) == ("completed", None, True)
    actions.import_checked(check.pk, by=None)
    drive()
    check.refresh_from_db()
    assert (check.status, check.run) == ("held", 2)
    first = Upload.objects.earliest("upload_timestamp")
    undo = actions.undo(first.pk, by=None)
    drive()
    undo.refresh_from_db()
    assert undo.status == "completed"


def test_numbers_of_the_vendor(run_upload: Run, catalog: None, vendor_a: Vendor) -> None:
    vendor_a.hold = {"PRICE_JUMP": 100, "DECIMAL_SHIFT": 0, "MASS_CHANGE": 0}
    vendor_a.save()
    assert run_upload(DAMAGED, mode="update").status == "completed"


def test_nothing_that_would_be_released_is_not_held(
    run_upload: Run, catalog: None, vendor_a: Vendor
) -> None:
    """It ends as the import would: all rows unchanged, or all rejected."""
    vendor_a.review = Vendor.Review.ALWAYS
    vendor_a.save()
    same = run_upload(ROWS, mode="update")
    assert (same.status, same.is_check, same.unchanged_records) == ("completed", False, 20)
    wrong = run_upload([good_row(99, price="x")])
    assert (wrong.status, wrong.is_check, wrong.held_reason) == ("failed", False, None)


# --- who releases it ---------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lou", "bob", "staff"])
def test_who_may_not_release_it(held: Upload, who: str, request: pytest.FixtureRequest) -> None:
    """Viewers, other vendors, and staff without the right."""
    with pytest.raises(actions.NotPossible):
        released(held, request.getfixturevalue(who), count=20)


def test_uploaders_release_it_unless_staff_want_to_look(
    held: Upload, alice: User, uma: User
) -> None:
    Vendor.objects.update(review=Vendor.Review.ALWAYS)  # meanwhile, staff want to look
    with pytest.raises(actions.NotPossible, match="Only our staff"):
        released(held, alice, count=20)
    Vendor.objects.update(review="")
    assert released(held, uma, count=20).status == "completed"


def test_the_first_uploads_of_a_vendor_wait_for_staff(
    run_upload: Run, vendor_a: Vendor, alice: User, reviewer: User, settings: Any
) -> None:
    settings.REVIEW_FIRST_UPLOADS = 2
    vendor_a.review = Vendor.Review.FIRST
    vendor_a.save()
    first = run_upload([good_row(1)], by=alice)
    assert (first.status, codes(first)) == ("held", ["REVIEW"])
    mail = Notification.objects.get(upload=first)
    assert "Held until our staff have looked at it." in mail.text_body
    with pytest.raises(actions.NotPossible, match="Only our staff"):
        released(first, alice, count=1)
    assert released(first, reviewer).status == "completed"
    second = run_upload([good_row(2)])
    assert released(second, reviewer).status == "completed"
    assert run_upload([good_row(3)]).status == "completed"
    planned = PlannedChange.objects.all()
    assert not planned.exists()


def test_two_other_people_release_it(
    run_upload: Run, vendor_a: Vendor, reviewer: User, admin: User
) -> None:
    vendor_a.review = Vendor.Review.TWO
    vendor_a.save()
    boss = person("boss", is_staff=True, is_superuser=True)
    upload = run_upload([good_row(1)], by=boss)
    with pytest.raises(actions.NotPossible, match="because you sent it"):
        released(upload, boss)
    assert released(upload, reviewer).status == "held"
    with pytest.raises(actions.NotPossible, match="Another person"):
        released(upload, reviewer)
    assert released(upload, admin).status == "completed"
    kinds = list(upload.actions.values_list("kind", "by"))
    assert kinds[1:] == [("approve", reviewer.pk), ("release", admin.pk)]
    with pytest.raises(IntegrityError, match="other people"), transaction.atomic():
        Approval.objects.create(upload=upload, run=1, by=boss)
    with pytest.raises(IntegrityError, match="approvals_one_each"), transaction.atomic():
        Approval.objects.create(upload=upload, run=1, by=reviewer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("review", ["always", "two"])
def test_released_by_several_at_once_it_is_imported_once(
    run_upload: Run, vendor_a: Vendor, review: str
) -> None:
    vendor_a.review = review
    vendor_a.save()
    people = [person(f"r{n}", is_staff=True, is_superuser=True) for n in range(4)]
    upload = run_upload([good_row(1)])

    def click(by: User) -> str:
        try:
            return release(upload.pk, run=1, access=access_of(by), by=by).status
        except actions.NotPossible:
            return "no"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(click, people))
    assert answers == ["held"] * (review == "two") + ["no"] * (3 - (review == "two")) + ["received"]
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.run, upload.created_records) == ("completed", 2, 1)


# --- what else can happen to it -------------------------------------------------------------------


def test_released_without_some_rows(held: Upload, reviewer: User) -> None:
    upload = released(held, reviewer, without={2, 5, 6})
    assert (upload.status, upload.updated_records, upload.error_records) == ("partial", 17, 3)
    found = RowError.objects.filter(upload=upload).values_list("row_number", "error_type")
    assert list(found) == [(2, "REJECTED"), (5, "REJECTED"), (6, "REJECTED")]
    assert "Our staff have rejected this row" in report_text(upload)
    assert prices()[0] == Decimal("12.50")
    assert left_in([upload]) == {upload.pk: 3}
    actions.retry(upload.pk, by=None)  # is still released, without these rows
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.run, upload.error_records) == ("partial", 3, 3)


def test_rejected_with_a_reason(held: Upload, alice: User, reviewer: User) -> None:
    with pytest.raises(actions.NotPossible, match="right"):
        reject(held.pk, run=1, reason="No.", access=access_of(alice), by=alice)
    with pytest.raises(actions.NotPossible, match="reason"):
        reject(held.pk, run=1, reason=" ", access=access_of(reviewer), by=reviewer)
    reject(held.pk, run=1, reason="Prices in cents?", access=access_of(reviewer), by=reviewer)
    drive()
    held.refresh_from_db()
    assert (held.status, held.failure_code, held.run) == ("failed", "NOT_RELEASED", 2)
    assert held.failure_message.endswith("They say: Prices in cents?")
    mail = Notification.objects.get(upload=held, run=2)
    assert mail.subject == "Product Upload Refused - products.csv"
    assert "Prices in cents?" in mail.text_body
    assert OutboxFile.objects.filter(upload=held, kind="result").count() == 2
    assert prices() == [Decimal(row["price"]) for row in ROWS]
    with pytest.raises(actions.NotPossible, match="not held any more"):
        released(held, reviewer)
    actions.retry(held.pk, by=alice)
    drive()
    held.refresh_from_db()
    assert (held.status, held.run) == ("held", 3)


def test_canceled(held: Upload, alice: User) -> None:
    actions.cancel(held.pk, by=alice)
    drive()
    held.refresh_from_db()
    assert (held.status, held.run, held.is_check) == ("cancelled", 2, False)
    assert prices() == [Decimal(row["price"]) for row in ROWS]


def test_a_newer_file_is_not_undone_by_an_older_one_that_is_released(
    held: Upload, run_upload: Run, alice: User
) -> None:
    newer = run_upload([ROWS[0] | {"price": "13.00"}], mode="update")
    assert newer.status == "completed"
    upload = released(held, alice, count=20)
    assert (upload.updated_records, upload.unchanged_records) == (19, 1)
    assert prices()[0] == Decimal("13.00")
    assert set(RowError.objects.filter(upload=upload).values_list("error_type", flat=True)) == {
        "OLDER_CONTENT",
        "CHANGED_SINCE_CHECK",
    }


def test_the_same_file_again_is_held_too_and_then_changes_nothing(
    held: Upload, run_upload: Run, alice: User
) -> None:
    again = run_upload(DAMAGED, mode="update")
    assert again.status == "held"
    assert released(held, alice, count=20).updated_records == 20
    assert released(again, alice, count=20).unchanged_records == 20


def test_its_rows_are_corrected_after_the_release(
    run_upload: Run, catalog: None, alice: User
) -> None:
    upload = run_upload([*DAMAGED, good_row(50, price="x")], mode="update")
    assert (upload.status, upload.error_records) == ("held", 1)
    assert "held" in actions.why_not_corrected(upload)
    assert not actions.why_not_corrected(released(upload, alice, count=20))


def test_a_held_correction_keeps_its_rows_until_it_is_decided(
    run_upload: Run, vendor_a: Vendor, alice: User, reviewer: User
) -> None:
    first = run_upload([good_row(1), good_row(2, price="x")])
    Vendor.objects.update(review=Vendor.Review.ALWAYS)
    marked = good_row(2) | {f"Errors ({first.pk})": "Row 3: Price"}
    correction = run_upload([marked])
    assert (correction.status, correction.corrects_id) == ("held", first.pk)
    assert left_in([first]) == {first.pk: 0}
    reject(correction.pk, run=1, reason="No.", access=access_of(reviewer), by=reviewer)
    drive()
    assert left_in([first]) == {first.pk: 1}


def test_the_file_of_a_schedule_is_held_if_it_is_much_smaller_than_usual(
    run_upload: Run, catalog: None, vendor_a: Vendor
) -> None:
    schedule = Schedule.objects.create(
        name="Nightly", dataset="products", vendor=vendor_a, prefix="x/", every_minutes=5
    )
    Upload.objects.update(schedule=schedule)

    def of_schedule(rows: list[Row]) -> Upload:
        upload = arrived(rows, vendor=vendor_a, mode="update")
        Upload.objects.filter(pk=upload.pk).update(schedule=schedule)
        drive()
        upload.refresh_from_db()
        return upload

    assert of_schedule(ROWS[:3]).status == "completed"  # nothing is usual yet
    assert of_schedule(ROWS).status == "completed"
    assert of_schedule(ROWS).status == "completed"
    assert of_schedule(ROWS[:10]).status == "completed"
    tiny = of_schedule(changed(stock_quantity=lambda _row: "8")[:4])
    assert (tiny.status, codes(tiny)) == ("held", ["TINY_FILE"])


def test_a_worker_of_an_earlier_version_leaves_it_alone(held: Upload) -> None:
    """What such a version asks for: work that is due, uploads that have ended, a check."""
    assert (held.step, held.next_attempt_at, held.lease_until) == ("done", None, None)
    Upload.objects.update(completed_at=now() - timedelta(days=3))
    assert not retention.expired_sources().filter(pk=held.pk).exists()
    assert (held.mode, held.only_check, held.check_of) == ("check", True, "update")
    assert not held.can_be_imported
    assert not held.can_be_retried


@pytest.mark.parametrize(
    ("code", "variant", "detail", "said"),
    [
        ("REVIEW", "first", {"count": "1"}, "We look at the first upload of a new vendor"),
        ("REVIEW", "first", {"count": "3"}, "We look at the first 3 uploads of a new vendor"),
        ("TINY_FILE", "tiny", {"count": "1", "usual": "2,000"}, "The file has 1 row. Files"),
        ("TINY_FILE", "tiny", {"count": "1,001", "usual": "9,000"}, "The file has 1,001 rows. "),
        (
            "TOO_MANY_MISSING",
            "missing",
            {"missing": "1", "active": "2", "limit": "10"},
            "1 of 2 active products is not in the file",
        ),
    ],
)
def test_numbers_in_messages_have_their_words(
    code: str, variant: str, detail: dict[str, str], said: str
) -> None:
    assert Finding(code, variant, detail).message.startswith(said)
