"""Rejected rows that a person corrects come back as an upload of these rows."""

import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from catalog.models import Category, Product
from imports import actions
from imports.corrections.fixes import Fixes
from imports.corrections.values import OpenErrors
from imports.datasets.products import DATASET
from imports.intake import receive
from imports.models import RowError, Upload, ValueMap
from imports.reports.correctable_file import correctable_file
from imports.reports.corrections import corrected, left_in
from imports.reports.result import result_of
from imports.rules.replacements import Value
from tests.conftest import drive, event_arrives
from tests.product_files import good_row
from tests.workbooks import HEADER, workbook
from vendors.models import Vendor

Run = Callable[..., Upload]
pytestmark = pytest.mark.django_db(transaction=True)
GARDEN = Value("category", "Garden and Outdoor")


def wrong_category(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [good_row(n, category=GARDEN.cell, **cells) for n in numbers]


def corrects(upload: Upload, fixes: Fixes, *, by: User | None = None) -> Upload:
    """Send a correction and import it; returns its upload."""
    known = upload.corrections.count()
    correction = actions.correct(upload.upload_id, fixes, known=known, by=by)
    assert correction.upload is not None, correction.judged
    receive.store(correction.upload, BytesIO(correction.body))
    event_arrives(correction.upload)
    drive()
    correction.upload.refresh_from_db()
    return correction.upload


def found(upload: Upload) -> list[tuple[str, str, int]]:
    part = OpenErrors(upload, DATASET).values(most=50)
    return [(each.column.key, each.cell, each.rows) for each in part.found]


def open_rows_of(upload: Upload) -> int:
    return corrected([upload])[upload.upload_id].open


def test_errors_by_value(run_upload: Run) -> None:
    upload = run_upload(
        [
            *wrong_category(1, 2, 3),
            good_row(4, category="  Garden and Outdoor "),
            good_row(5, category="Toyz"),
            good_row(6, price="free"),
            good_row(7, price="free"),
            good_row(8, price="12 apples"),
            good_row(9, sku=""),
            good_row(10),
        ]
    )
    assert found(upload) == [(*GARDEN, 4), ("price", "free", 2), ("category", "Toyz", 1)]
    open_errors = OpenErrors(upload, DATASET)
    assert open_errors.rows(most=50).found == [9, 10]  # 12 apples, no SKU
    assert open_errors.rows(most=50, every=True).count == upload.error_records


def test_values_that_look_alike_are_side_by_side(run_upload: Run) -> None:
    alike = ["Möbel & Décor", "décor-MÖBEL!", "Decor,  Mobel, decor", "De'cor Möbel."]
    names = ["Toyz", "Toyz", "Cars", *alike, "Möbeldecor", "!"]
    upload = run_upload([good_row(n, category=name) for n, name in enumerate(names)])
    shown = [cell for _, cell, _ in found(upload)]
    assert shown == [
        "Möbel & Décor",
        "décor-MÖBEL!",
        "Decor,  Mobel, decor",
        "De'cor Möbel.",
        "Toyz",
        "Cars",
        "Möbeldecor",
        "!",
    ]


def test_only_rows_without_a_known_error_are_sent(run_upload: Run, alice: User) -> None:
    upload = run_upload(
        [*wrong_category(1, 2), *wrong_category(3, price="free"), *wrong_category(4), good_row(5)]
    )
    correction = corrects(upload, Fixes({GARDEN: "Books"}), by=alice)

    assert (correction.status, correction.valid_records) == ("completed", 3)
    assert correction.uploaded_by == alice
    assert correction.corrected_rows == [[2, 3], [5, 5]]
    assert open_rows_of(upload) == 1
    assert left_in([upload]) == {upload.upload_id: 1}
    assert found(upload) == [(*GARDEN, 1)]
    to_fix = b"".join(correctable_file(upload)).decode()
    assert ("VP-3" in to_fix, "VP-1" in to_fix) == (True, False)
    assert result_of(upload)["open_records"] == 1
    assert result_of(correction)["corrects"] == upload.upload_id

    again = corrects(upload, Fixes({GARDEN: "Books"}, {4: {4: "9.50"}}))
    assert (again.status, open_rows_of(upload)) == ("completed", 0)
    assert Product.objects.get(vendor_product_id="VP-3").price == Decimal("9.50")


def test_a_correction_of_a_correction(run_upload: Run) -> None:
    """Two of the corrected rows have the same SKU, which only the import can see."""
    upload = run_upload([*wrong_category(1, 2), *wrong_category(3, sku="SKU-1"), good_row(4)])
    first = corrects(upload, Fixes({GARDEN: "Books"}))
    assert (first.status, first.valid_records, first.error_records) == ("partial", 2, 1)
    assert (open_rows_of(upload), left_in([upload])[upload.upload_id]) == (1, 0)
    assert left_in([first]) == {first.upload_id: 1}

    row = RowError.objects.get(upload=first).row_number
    second = corrects(first, Fixes(cells={row: {3: "SKU-33"}}))
    assert (second.status, open_rows_of(upload)) == ("completed", 0)
    assert second.corrects == first
    assert Product.objects.count() == 4


def test_an_undone_correction_leaves_its_rows_open(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)])
    correction = corrects(upload, Fixes({GARDEN: "Books"}))
    assert open_rows_of(upload) == 0
    actions.undo(correction.upload_id, by=None)
    drive()
    assert Product.objects.count() == 1
    assert (open_rows_of(upload), left_in([upload])[upload.upload_id]) == (2, 2)
    assert corrects(upload, Fixes({GARDEN: "Audio"})).valid_records == 2


def test_a_file_that_never_arrives_leaves_its_rows_open(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)])
    correction = actions.correct(upload.upload_id, Fixes({GARDEN: "Books"}), known=0, by=None)
    assert correction.upload is not None
    assert (open_rows_of(upload), found(upload)) == (2, [])
    lost = correction.upload
    lost.refuse("NEVER_ARRIVED", "The file never arrived.")
    lost.end_run(at=now())
    lost.finish()
    lost.save()
    assert (open_rows_of(upload), found(upload)) == (2, [(*GARDEN, 2)])


def test_a_correction_that_is_canceled_before_it_was_read_leaves_its_rows_open(
    run_upload: Run,
) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)])
    correction = actions.correct(upload.upload_id, Fixes({GARDEN: "Books"}), known=0, by=None)
    assert correction.upload is not None
    actions.cancel(correction.upload.upload_id, by=None)
    drive()
    assert (open_rows_of(upload), found(upload)) == (2, [(*GARDEN, 2)])
    assert left_in([upload]) == {upload.upload_id: 2}


def test_what_was_only_checked_leaves_its_rows_open(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)], only_check=True)
    correction = corrects(upload, Fixes({GARDEN: "Books"}))
    assert open_rows_of(upload) == 0
    actions.import_checked(upload.upload_id, by=None)
    drive()
    upload.refresh_from_db()
    assert (open_rows_of(upload), found(upload)) == (2, [(*GARDEN, 2)])
    by_hand = downloaded(upload).replace(GARDEN.cell, "Books")
    check = run_upload(by_hand, file_name="rows to fix.csv", only_check=True)
    assert (check.status, open_rows_of(upload)) == ("completed", 2)

    actions.import_checked(check.upload_id, by=None)
    drive()
    assert (open_rows_of(upload), found(upload), Product.objects.count()) == (0, [], 3)
    assert not left_in([correction])[correction.upload_id]


def test_wrong_corrections_send_nothing(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3, price="x"), good_row(4)])
    fixes = Fixes({GARDEN: "Gardening"}, {4: {4: "-1", 1: ""}})
    correction = actions.correct(upload.upload_id, fixes, known=0, by=None)
    assert correction.upload is None
    assert list(correction.judged.values) == [GARDEN]
    assert list(correction.judged.cells) == [(4, 1), (4, 4)]
    assert not Upload.objects.filter(corrects=upload).exists()


def test_a_correction_is_no_larger_than_a_file_may_be(run_upload: Run, settings: Any) -> None:
    upload = run_upload([*wrong_category(1, 2, 3, 4), good_row(5)])
    settings.UPLOAD_MAX_BYTES = 250
    correction = corrects(upload, Fixes({GARDEN: "Books"}))
    assert (correction.status, correction.corrected_rows) == ("completed", [[2, 4]])
    assert open_rows_of(upload) == 1


def test_rows_of_an_inactive_vendor_are_not_corrected(run_upload: Run, vendor_a: Vendor) -> None:
    upload = run_upload([*wrong_category(1), good_row(2)])
    Vendor.objects.filter(pk=vendor_a.pk).update(is_active=False)
    with pytest.raises(actions.NotPossible, match="not active"):
        actions.correct(upload.upload_id, Fixes({GARDEN: "Books"}), known=0, by=None)


def test_the_later_of_two_people_is_told(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)])
    first = corrects(upload, Fixes({GARDEN: "Books"}))
    with pytest.raises(actions.Corrected) as told:
        actions.correct(upload.upload_id, Fixes({GARDEN: "Audio"}), known=0, by=None)
    assert told.value.correction == first


# --- Rows to fix that were downloaded -------------------------------------------------------------


def downloaded(upload: Upload) -> str:
    return b"".join(correctable_file(upload)).decode("utf-8-sig")


def test_a_file_that_was_corrected_by_hand_is_recognized(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2, 3), good_row(4)])
    lines = downloaded(upload).replace(GARDEN.cell, "Books").splitlines(keepends=True)
    first = run_upload("".join(lines[:3]), file_name="products - rows to fix.csv")
    assert (first.status, first.corrects, first.corrected_rows) == ("completed", upload, [[2, 3]])
    assert (open_rows_of(upload), left_in([upload])[upload.upload_id]) == (1, 1)
    assert found(upload) == [(*GARDEN, 1)]

    # Both again, with the third row: only that one is still open.
    second = run_upload("".join(lines), file_name="all.csv", mode="update")
    assert (second.corrects, second.corrected_rows) == (upload, [[4, 4]])
    assert open_rows_of(upload) == 0


def test_rows_without_their_number_stay_open(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1), good_row(4)])
    text = re.sub(r'"?Row 2: .*', "", downloaded(upload).replace(GARDEN.cell, "Books"))
    again = run_upload(text)
    assert (again.status, again.corrects) == ("completed", None)
    assert open_rows_of(upload) == 1


def test_rows_of_another_vendor_are_not_touched(run_upload: Run, vendor_b: Vendor) -> None:
    upload = run_upload([*wrong_category(1), good_row(4)])
    stolen = downloaded(upload).replace(GARDEN.cell, "Books").replace("SKU-1", "SKU-9")
    other = run_upload(stolen, vendor=vendor_b)
    assert (other.status, other.corrects) == ("completed", None)
    assert open_rows_of(upload) == 1


# --- How the file was read is how its rows are read -----------------------------------------------


def test_numbers_are_read_as_in_the_file(run_upload: Run) -> None:
    """In the file, decimal commas are certain. In the corrected rows alone, they are not."""
    head = "vendor_product_id;product_name;category;sku;price;stock_quantity\n"
    upload = run_upload(
        head
        + "VP-1;Mouse;Books;SKU-1;19,99;5\n"
        + "VP-2;Mouse;Toyz;SKU-2;1.234;5\n"
        + "VP-3;Mouse;Toyz;SKU-3;free;5\n"
    )
    correction = corrects(upload, Fixes({Value("category", "Toyz"): "Books"}, {4: {4: "2.500"}}))
    assert correction.valid_records == 2
    prices = dict(Product.objects.values_list("vendor_product_id", "price"))
    assert prices == {"VP-1": Decimal("19.99"), "VP-2": Decimal(1234), "VP-3": Decimal(2500)}


def test_a_file_without_decimals_gets_no_thousands(run_upload: Run) -> None:
    """1.234 is a number with decimals in a file of ours, also if a corrected price has a comma."""
    upload = run_upload([good_row(1, category="Toyz", price="1.234"), good_row(2, price="x")])
    assert upload.error_records == 2
    fixes = Fixes({Value("category", "Toyz"): "Books"}, {3: {4: "12,50"}})
    correction = actions.correct(upload.upload_id, fixes, known=0, by=None)
    assert correction.upload is None
    assert list(correction.judged.cells) == [(3, 4)]


def test_a_workbook(run_upload: Run) -> None:
    rows = [
        HEADER,
        ["VP-1", "Mouse", "Audio", "S-1", "19,99", 5],
        ["VP-2", "Mouse", "Toyz", "S-2", 1.234, 5],
        ["VP-3", "Mouse", "Toyz", "S-3", 1234.5, 5],
        ["VP-4", "Mouse", "Toyz", "S-4", "1.234", 5],
    ]
    upload = run_upload(workbook(rows), file_name="stock.xlsx")
    correction = corrects(upload, Fixes({Value("category", "Toyz"): "Books"}))
    prices = dict(Product.objects.values_list("vendor_product_id", "price"))
    assert prices["VP-3"] == Decimal("1234.5")
    assert prices["VP-4"] == Decimal(1234)
    # 1.234 has too many decimals for a price, in the workbook as in its correction.
    assert "VP-2" not in prices
    assert correction.file_name == "stock - corrected.csv"


def test_formulas_and_quotes_come_through(run_upload: Run) -> None:
    name = "=1+1 \"quoted\"; 'single', and\ta tab"
    upload = run_upload([good_row(1, product_name=name, category="Toyz"), good_row(2)])
    corrects(upload, Fixes({Value("category", "Toyz"): "Books"}))
    assert Product.objects.get(vendor_product_id="VP-1").product_name == name


def test_a_row_with_too_many_cells(run_upload: Run) -> None:
    head = "vendor_product_id,product_name,category,sku,price,stock_quantity\n"
    upload = run_upload(head + "VP-1,Mouse, small,Books,SKU-1,1.00,5\n")
    cells = dict(enumerate(["VP-1", "Mouse, small", "Books", "SKU-1", "1.00", "5"]))
    correction = corrects(upload, Fixes(cells={2: cells}))
    assert correction.status == "completed"
    assert Product.objects.get().product_name == "Mouse, small"


def test_a_check_is_corrected_by_a_check(run_upload: Run) -> None:
    upload = run_upload([*wrong_category(1, 2), good_row(3)], only_check=True)
    correction = corrects(upload, Fixes({GARDEN: "Books"}))
    assert (correction.is_check, correction.status, Product.objects.count()) == (
        True,
        "completed",
        0,
    )
    for each in (upload, correction):
        actions.import_checked(each.upload_id, by=None)
    drive()
    assert Product.objects.count() == 3


def test_rows_of_a_replaced_catalog_replace_nothing(run_upload: Run) -> None:
    run_upload([good_row(n) for n in range(1, 11)])
    rows = [good_row(n) for n in range(1, 10)] + [good_row(11, category="Toyz")]
    upload = run_upload(rows, mode="replace")
    assert (upload.status, upload.deactivated_records) == ("partial", 1)
    correction = corrects(upload, Fixes({Value("category", "Toyz"): "Books"}))
    assert (correction.base_mode, correction.status) == ("update", "completed")
    assert Product.objects.filter(status="inactive").count() == 1


# --- Remembered values ----------------------------------------------------------------------------


def remembered(vendor: Vendor, value: Value, text: str) -> None:
    ValueMap.objects.create(
        vendor=vendor, dataset="products", column_name=value.column, cell=value.cell, text=text
    )


def test_a_remembered_value_replaces_what_breaks_a_rule(
    run_upload: Run, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    remembered(vendor_a, GARDEN, "Home & Kitchen")
    remembered(vendor_a, Value("category", "Books"), "Audio")  # is valid: stays
    upload = run_upload([*wrong_category(1, 2), good_row(3, category="Books")])
    assert upload.status == "completed"
    stored = Product.objects.order_by("sku").values_list("category", flat=True)
    assert list(stored) == ["Home & Kitchen", "Home & Kitchen", "Books"]
    notices = RowError.objects.filter(upload=upload, severity="notice")
    assert [(each.row_number, each.error_type) for each in notices.order_by("row_number")] == [
        (2, "REPLACED"),
        (3, "REPLACED"),
    ]
    assert "'Garden and Outdoor'" in notices[0].error_message

    other = run_upload([good_row(9, category=GARDEN.cell)], vendor=vendor_b)
    assert other.status == "failed"


def test_a_remembered_value_that_is_no_longer_right_is_an_error(
    run_upload: Run, vendor_a: Vendor
) -> None:
    remembered(vendor_a, GARDEN, "Home & Kitchen")
    Category.objects.filter(name="Home & Kitchen").update(is_active=False)
    upload = run_upload(wrong_category(1))
    error = RowError.objects.get(upload=upload)
    assert (error.error_type, error.cell) == ("INVALID_CATEGORY", GARDEN.cell)


def test_a_check_says_what_is_replaced(run_upload: Run, vendor_a: Vendor) -> None:
    remembered(vendor_a, GARDEN, "Home & Kitchen")
    upload = run_upload(wrong_category(1), only_check=True)
    assert upload.status == "completed"
    assert RowError.objects.get(upload=upload).error_type == "REPLACED"
