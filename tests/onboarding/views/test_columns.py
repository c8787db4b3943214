"""A file with other column names than ours: one page asks, and the next file is not asked about."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Category, Product
from imports.models import ColumnMapping, HeaderMemory, Upload
from imports.rules.columns import corrections_column
from tests.conftest import arrived, drive
from tests.imports.dropping import dropped
from tests.imports.foreign.test_files import FILES, NAMES, expected, rows_of
from tests.imports.foreign.workbook_writers import WRITERS
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
UNREADABLE = {"polish"}  # as CSV it is asked about its letters, too: test_encoding_choice.py


@pytest.fixture
def approved(categories: list[str]) -> None:
    for name in ("Garden & Outdoor", "Toys & Games", "Food & Beverages", "Beauty"):
        Category.objects.get_or_create(name=name)
    for name in NAMES:
        for product in expected(name)["products"]:
            Category.objects.get_or_create(name=product["category"])


def fields(page: Any) -> dict[str, str]:
    """What a browser would send if nothing on the page was changed."""
    form = page.context["form"]
    found = {f"column-{line.position}": line.key for line in form.lines}
    found |= {f"sign-{line.position}": line.sign for line in form.lines if line.is_number}
    return found


def answered(page: Any, said: dict[str, Any]) -> dict[str, str]:
    """What a browser sends when the expected answers are chosen on the page."""
    form = fields(page)
    header = [*said["columns"]]
    for key, answer in said["answers"].items():
        for name in [name for name, chosen in form.items() if chosen == key]:
            form[name] = ""
        if "value" in answer:
            form[f"same-{key}"] = answer["value"]
            continue
        place = header.index(answer["from"])
        if form[f"column-{place}"]:
            form[f"take-{key}"] = str(place)
        else:
            form[f"column-{place}"] = key
        if "factor" in answer:
            form[f"factor-{place}"] = answer["factor"]
        if "strip" in answer:
            form[f"sign-{place}"] = answer["strip"]
    wrong = {
        name
        for name, key in form.items()
        if name.startswith("column-") and key
        and said["columns"][header[int(name[7:])]] in {None, "?"}
        and key not in said["answers"]
    }  # fmt: skip
    return form | dict.fromkeys(wrong, "")


def as_expected(product: dict[str, str]) -> dict[str, Any]:
    return {
        key: Decimal(text)
        if key in {"price", "compare_at_price", "weight_kg"}
        else text.zfill(14 if key == "gtin" else 0)
        for key, text in product.items()
    }


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize("writer", ["", "Excel"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNREADABLE])
def test_a_file_of_another_program_gets_in_with_one_page_and_the_next_with_none(
    name: str, writer: str, run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    said = expected(name)
    csv_file = (FILES / said["file"]).read_bytes()
    body = WRITERS[writer](rows_of(said)) if writer else csv_file
    upload = run_upload(body, file_name=said["file"])
    assert upload.failure_code == "MISSING_COLUMNS"
    address = f"/uploads/{upload.upload_id}/columns/"
    page = as_alice.get(address)
    assert page.status_code == 200
    sent = as_alice.post(address, {**answered(page, said), "import": "1"})
    assert sent.status_code == 302, [problem.text for problem in sent.context["form"].problems]
    drive()
    upload.refresh_from_db()
    assert (upload.failure_code, upload.error_records) == ("", len(said["rejected_rows"]))
    found = {product.vendor_product_id: product for product in Product.objects.all()}
    assert found.keys() == {product["vendor_product_id"] for product in said["products"]}
    for product in said["products"]:
        stored = found[product["vendor_product_id"]]
        for key, value in as_expected(product).items():
            assert getattr(stored, key) == value or str(getattr(stored, key)) == value, key

    by_form = arrived(body, vendor=vendor_a, mode="update", file_name=f"next-{said['file']}")
    key = f"uploads/{vendor_a.vendor_id}/next-{said['file']}"
    for again in (by_form, dropped(key, body, mode="update")):
        drive()
        again.refresh_from_db()
        assert (again.failure_code, again.error_records) == ("", len(said["rejected_rows"]))
        assert again.valid_records == len(said["products"])


OTHER = "Art.-Nr.;Titel;Kategorie;VK;Menge\n"
ROWS = "A-1;Maus;Audio;12,50;3\nA-2;Tastatur;Audio;1.299,00;4\n"


def asked(run_upload: Run, text: str = OTHER + ROWS, **more: Any) -> tuple[Upload, str]:
    """A file that is asked about, and the address of its page."""
    upload = run_upload(text.encode(), **more)
    return upload, f"/uploads/{upload.upload_id}/columns/"


ANSWERS = {
    "column-0": "vendor_product_id",
    "take-sku": "0",
    "column-1": "product_name",
    "column-2": "category",
    "column-3": "price",
    "column-4": "stock_quantity",
}


def imported(upload: Upload) -> tuple[str, int, int]:
    drive()
    upload.refresh_from_db()
    return upload.status, upload.valid_records, upload.error_records


def test_one_column_for_two_of_ours_and_decimal_commas(run_upload: Run, as_alice: Client) -> None:
    upload, address = asked(run_upload)
    assert as_alice.post(address, ANSWERS | {"import": "1"}).status_code == 302
    assert imported(upload) == ("completed", 2, 0)
    first, second = Product.objects.order_by("vendor_product_id")
    assert (first.vendor_product_id, first.sku, first.price) == ("A-1", "A-1", Decimal("12.50"))
    assert second.price == Decimal("1299.00")
    assert upload.actions.filter(kind="map").count() == 1


def test_a_value_for_all_rows(run_upload: Run, as_alice: Client) -> None:
    text = "Art.-Nr.;Titel;VK;Menge\nA-1;Maus;12,50;3\n"
    upload, address = asked(run_upload, text)
    sent = {
        "column-0": "vendor_product_id",
        "take-sku": "0",
        "column-1": "product_name",
        "column-2": "price",
        "column-3": "stock_quantity",
        "same-category": "Books",
    }
    assert as_alice.post(address, sent | {"import": "1"}).status_code == 302
    assert imported(upload) == ("completed", 1, 0)
    assert Product.objects.get().category == "Books"

    wrong, address = asked(run_upload, text.replace("Titel", "Titel 2"))
    page = as_alice.post(address, sent | {"same-category": "Boooks", "import": "1"})
    assert page.status_code == 422
    assert "Did you mean" in page.content.decode()
    assert imported(wrong)[0] == "failed"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"take-sku": ""}, "Choose where SKU comes from."),
        ({"column-1": "price"}, "Price is chosen for Titel and VK. Choose one of them."),
        ({"factor-3": "many"}, "“many” is not a number to multiply by"),
        ({"factor-3": "0"}, "“0” is not a number to multiply by"),
        ({"column-1": "nothing-of-ours"}, "Choose where Product Name comes from."),
        ({"take-sku": "99"}, "Choose where SKU comes from."),
        ({"take-sku": "²"}, "Choose where SKU comes from."),
        ({"take-sku": "", "same-sku": "X"}, "Choose where SKU comes from."),
    ],
)
def test_a_choice_that_cannot_be_imported_is_not(
    change: dict[str, str], says: str, run_upload: Run, as_alice: Client
) -> None:
    upload, address = asked(run_upload)
    page = as_alice.post(address, ANSWERS | change | {"import": "1"})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert imported(upload)[0] == "failed"
    assert not HeaderMemory.objects.exists()
    assert not ColumnMapping.objects.exists()


def test_a_number_that_can_be_read_in_two_ways_is_asked_about(
    run_upload: Run, as_alice: Client
) -> None:
    text = OTHER + "A-1;Maus;Audio;1,234;3\n"
    upload, address = asked(run_upload, text)
    page = as_alice.post(address, ANSWERS | {"import": "1"})
    assert page.status_code == 422
    assert "“1,234” can mean two numbers" in page.content.decode()
    assert as_alice.post(address, ANSWERS | {"decimal": ".", "import": "1"}).status_code == 302
    assert imported(upload) == ("completed", 1, 0)
    assert Product.objects.get().price == Decimal(1234)

    # The answer counts for the next file, and a file whose cells say otherwise is read as they say.
    assert run_upload((OTHER + "A-2;Maus;Audio;5,678;3\n").encode()).valid_records == 1
    assert run_upload((OTHER + "A-3;Maus;Audio;5.678,50;3\n").encode()).valid_records == 1
    prices = dict(Product.objects.values_list("vendor_product_id", "price"))
    assert prices == {"A-1": 1234, "A-2": 5678, "A-3": Decimal("5678.50")}


def test_an_import_of_mostly_wrong_rows_is_confirmed(run_upload: Run, as_alice: Client) -> None:
    upload, address = asked(run_upload)
    sent = ANSWERS | {"column-1": "category", "column-2": "product_name", "import": "1"}
    page = as_alice.post(address, sent)
    assert (page.status_code, imported(upload)[0]) == (422, "failed")
    assert "Most rows would be rejected" in page.content.decode()
    assert as_alice.post(address, sent | {"sure": "1"}).status_code == 302
    assert imported(upload) == ("failed", 0, 2)


def test_a_name_is_remembered_for_files_with_other_columns(
    run_upload: Run, as_alice: Client
) -> None:
    _, address = asked(run_upload)
    as_alice.post(address, ANSWERS | {"import": "1"})
    drive()
    more = run_upload(b"sku;Menge;Titel;Kategorie;VK;Art.-Nr.;Farbe\nS;5;Maus;Audio;9,50;B-1;rot\n")
    assert (more.failure_code, more.valid_records) == ("", 1)
    assert more.ignored_columns == ["Farbe"]
    kept = dict(HeaderMemory.objects.values_list("written", "key"))
    assert kept == {
        "Art.-Nr.": "vendor_product_id",
        "Titel": "product_name",
        "VK": "price",
        "Menge": "stock_quantity",
    }


def test_another_vendor_is_asked(
    run_upload: Run, as_alice: Client, vendor_b: Vendor, vendor_a: Vendor
) -> None:
    """I14: no file of one vendor changes what another's mapping says."""
    _, address = asked(run_upload)
    as_alice.post(address, ANSWERS | {"import": "1"})
    drive()
    assert run_upload((OTHER + ROWS).encode(), vendor=vendor_b).failure_code == "MISSING_COLUMNS"
    assert {*HeaderMemory.objects.values_list("vendor", flat=True)} == {vendor_a.pk}


def test_what_is_remembered_is_listed_and_can_be_forgotten(
    run_upload: Run, as_alice: Client
) -> None:
    assert "Nothing is remembered yet" in as_alice.get("/columns/").content.decode()
    _, address = asked(run_upload)
    as_alice.post(address, ANSWERS | {"import": "1"})
    drive()
    page = as_alice.get("/columns/").content.decode()
    assert "Art.-Nr." in page
    assert "Vendor Product ID" in page
    name = HeaderMemory.objects.get(written="VK")
    as_alice.post(f"/columns/name/{name.pk}/forget/")
    again = run_upload((OTHER + "A-9;Maus;Audio;12,50;3\n").encode())
    assert again.failure_code == "MISSING_COLUMNS"
    assert "Price" in again.failure_message
    assert not ColumnMapping.objects.exists()  # it had the forgotten name

    as_alice.post(f"/uploads/{again.upload_id}/columns/", ANSWERS | {"import": "1"})
    drive()
    as_alice.post(f"/columns/file/{ColumnMapping.objects.get().pk}/forget/")
    assert not ColumnMapping.objects.exists()


def test_what_was_used_stays_with_the_upload(run_upload: Run, as_alice: Client) -> None:
    """A retry reads the file as before, whatever was remembered or forgotten since."""
    upload, address = asked(run_upload, OTHER + ROWS + "A-3;Hut;Hats;5,00;1\n")
    as_alice.post(address, ANSWERS | {"import": "1"})
    assert imported(upload) == ("partial", 2, 1)
    HeaderMemory.objects.all().delete()
    ColumnMapping.objects.all().delete()
    Category.objects.create(name="Hats")
    as_alice.post(f"/uploads/{upload.upload_id}/retry/")
    assert imported(upload) == ("completed", 3, 0)


def test_the_result_says_what_to_do_if_the_columns_were_chosen_wrongly(
    run_upload: Run, as_alice: Client
) -> None:
    ours = run_upload([good_row(1)])
    upload, address = asked(run_upload)
    as_alice.post(address, {**ANSWERS, "import": "1"})
    assert imported(upload) == ("completed", 2, 0)
    pages = [
        as_alice.get(f"/uploads/{each.upload_id}/").content.decode() for each in (upload, ours)
    ]
    assert ['id="wrong-columns"' in page for page in pages] == [True, False]


def test_rows_to_fix_come_back_and_are_not_asked_about(run_upload: Run, as_alice: Client) -> None:
    upload, address = asked(run_upload, OTHER + ROWS + "A-3;Hut;Audio;gratis;1\n")
    as_alice.post(address, ANSWERS | {"import": "1"})
    assert imported(upload) == ("partial", 2, 1)
    answer: Any = as_alice.get(f"/uploads/{upload.upload_id}/correct.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    errors = corrections_column(upload.upload_id)
    assert text.splitlines()[0] == f"Art.-Nr.;Titel;Kategorie;VK;Menge;{errors}"
    fixed = run_upload(text.replace("gratis", "1.012,50").encode())
    assert (fixed.failure_code, fixed.valid_records) == ("", 1)
    assert Product.objects.get(vendor_product_id="A-3").price == Decimal("1012.50")


def test_a_page_is_shown_for_as_long_as_there_is_something_to_ask(
    run_upload: Run, as_alice: Client
) -> None:
    upload, address = asked(run_upload)
    as_alice.post(address, ANSWERS | {"import": "1"})
    assert "Reading your file" in as_alice.get(address).content.decode()
    drive()
    assert as_alice.get(address)["Location"] == f"/uploads/{upload.upload_id}/"


def test_five_hundred_columns(run_upload: Run, as_alice: Client) -> None:
    header = ";".join(f"Spalte {n}" for n in range(500))
    row = ";".join(f"Wert {n}" for n in range(500))
    _, address = asked(run_upload, f"{header}\n" + f"{row}\n" * 300)
    page = as_alice.get(address)
    assert page.status_code == 200
    assert page.content.count(b"<select") == 500 + 6 + 1  # and the categories


def test_a_file_without_column_names_loses_no_row(run_upload: Run, as_alice: Client) -> None:
    upload, address = asked(run_upload, ROWS + "A-3;Hut;Audio;gratis;1\n")
    sent = ANSWERS | {"first-is-data": "1"}
    page = as_alice.post(address, sent | {"show": "1"}).content.decode()
    assert "Maus" in page.partition("as we will read them")[2]
    assert as_alice.post(address, sent | {"import": "1"}).status_code == 302
    assert imported(upload) == ("partial", 2, 1)
    assert {*Product.objects.values_list("vendor_product_id", flat=True)} == {"A-1", "A-2"}
    assert [error.row_number for error in upload.row_errors.all()] == [3]
    assert not ColumnMapping.objects.exists()
    answer: Any = as_alice.get(f"/uploads/{upload.upload_id}/correct.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    errors = corrections_column(upload.upload_id)
    assert lines[0] == f"Column 1;Column 2;Column 3;Column 4;Column 5;{errors}"
    assert lines[1].startswith("A-3;Hut;Audio;gratis;1;")


def test_the_page_takes_as_many_queries_for_five_hundred_columns_as_for_ten(
    run_upload: Run, as_alice: Client
) -> None:
    """Suggestions compared each column with the list of categories, and read the list each time."""

    def queries(columns: int) -> int:
        names = ";".join(f"{columns} columns, {n}" for n in range(columns))
        row = ";".join(f"Wert {n}" for n in range(columns))
        _, address = asked(run_upload, f"{names}\n" + f"{row}\n" * 5)
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(address).status_code == 200
        return len(captured)

    assert queries(500) == queries(10)
