"""Customers: each rule, which customers are skipped, and the correctable file."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from imports import actions
from imports.datasets import get
from imports.models import Notification, RowError, Upload
from imports.rules.people import other_age
from tests.conftest import arrived, drive, report_text
from tests.imports.dropping import imported
from warehouse.models import Customer

pytestmark = pytest.mark.django_db
COLUMNS = [
    "customer_id", "full_name", "email", "age", "date_of_birth", "phone_number", "country"
]  # fmt: skip


def age(born: date) -> int:
    today = datetime.now(UTC).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def customer(number: int, **changes: str) -> dict[str, str]:
    """A row without errors of its own; `changes` replace cells."""
    born = date(1960 + number % 40, 1 + number % 12, 1 + number % 28)
    row = {
        "customer_id": str(number),
        "full_name": "Ann " + "".join(chr(97 + int(digit)) for digit in str(number)),
        "email": f"c{number}@example.com",
        "date_of_birth": born.isoformat(),
        "phone_number": f"{number:010d}",
        "country": "Germany",
    } | changes
    if "age" not in row:
        row["age"] = str(age(date.fromisoformat(row["date_of_birth"])))
    return row


def table(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def send(*rows: dict[str, str], name: str = "new.csv") -> Upload:
    return imported(f"customers/{name}", table(list(rows)))


def errors(upload: Upload) -> list[tuple[int, str, str]]:
    found = RowError.objects.filter(upload=upload).order_by("error_id")
    return list(found.values_list("row_number", "column_name", "error_type"))


def test_customers_are_stored_in_their_table() -> None:
    upload = send(
        customer(7, full_name="  Zoë  O’Neill-Şahin ", email="Zoe@Example.com", country="deu"),
        customer(8, country=""),
    )
    assert (upload.status, upload.valid_records, upload.vendor) == ("completed", 2, None)
    zoe, eight = Customer.objects.order_by("customer_id")
    assert (zoe.full_name, zoe.email, zoe.country) == (
        "Zoë O’Neill-Şahin",
        "zoe@example.com",
        "Germany",
    )
    assert (zoe.upload_id, zoe.upload_row) == (upload.upload_id, 2)
    assert eight.country is None


@pytest.mark.parametrize(
    ("column", "text", "error_type"),
    [
        ("customer_id", "", "REQUIRED_FIELD"),
        ("customer_id", "0", "INVALID_CUSTOMER_ID"),
        ("customer_id", "-5", "INVALID_CUSTOMER_ID"),
        ("customer_id", "1.5", "INVALID_CUSTOMER_ID"),
        ("customer_id", "9223372036854775808", "INVALID_CUSTOMER_ID"),
        ("customer_id", "C-1", "INVALID_CUSTOMER_ID"),
        ("full_name", "  ", "REQUIRED_FIELD"),
        ("full_name", "R2-D2", "INVALID_NAME"),
        ("full_name", "Ann_Lee", "INVALID_NAME"),
        ("full_name", "Dr. Lee", "INVALID_NAME"),
        ("full_name", "--", "INVALID_NAME"),
        ("full_name", "x" * 201, "FIELD_TOO_LONG"),
        ("email", "", "REQUIRED_FIELD"),
        ("email", "ann@", "INVALID_EMAIL"),
        ("age", "", "REQUIRED_FIELD"),
        ("age", "0", "INVALID_AGE"),
        ("age", "121", "INVALID_AGE"),
        ("age", "3x", "INVALID_AGE"),
        ("date_of_birth", "", "REQUIRED_FIELD"),
        ("date_of_birth", "31/12/1990", "INVALID_DATE_OF_BIRTH"),
        ("date_of_birth", "1990-02-30", "INVALID_DATE_OF_BIRTH"),
        ("date_of_birth", "1900-12-31", "INVALID_DATE_OF_BIRTH"),
        ("date_of_birth", "9999-01-01", "INVALID_DATE_OF_BIRTH"),
        ("phone_number", "", "REQUIRED_FIELD"),
        ("phone_number", "555123456", "INVALID_PHONE"),
        ("phone_number", "55512345678", "INVALID_PHONE"),
        ("phone_number", "555-123-456", "INVALID_PHONE"),
        ("phone_number", "٥٥٥١٢٣٤٥٦٧", "INVALID_PHONE"),
        ("country", "Atlantis", "INVALID_COUNTRY"),
    ],
)
def test_a_cell_that_breaks_a_rule(column: str, text: str, error_type: str) -> None:
    upload = send(customer(1) | {column: text}, customer(2))
    assert errors(upload) == [(2, column, error_type)]
    assert (upload.status, upload.valid_records) == ("partial", 1)


@pytest.mark.parametrize(
    "name",
    [
        *("José Núñez", "Nguyễn Thị Hà", "佐藤 花子", "Анна-Мария", "D'Arcy", "हिन्दी", "עֲלִיזָה"),
        *("ग\u0930\u094d\u200dयो", "ක\u0dca\u200dරිස්ටෝ", "علی\u200cرضا"),
    ],
)
def test_names_of_any_script_are_names(name: str) -> None:
    assert send(customer(1, full_name=name)).status == "completed"
    assert Customer.objects.get().full_name == name


@pytest.mark.parametrize("name", ["Zo\u200dë", "\u0430\u200cб", "Ann \u200cLee"])
def test_joiners_are_no_part_of_names_that_they_do_not_change(name: str) -> None:
    assert errors(send(customer(1, full_name=name))) == [(2, "full_name", "INVALID_NAME")]


def test_digits_of_another_script_are_named() -> None:
    upload = send(customer(1, phone_number="٥٥٥١٢٣٤٥٦٧"))
    assert upload.status == "failed"
    assert RowError.objects.get().error_message == (
        "Phone Number must be written with the digits 0 to 9 (was '٥٥٥١٢٣٤٥٦٧')"
    )


@pytest.mark.parametrize("born", [date(1901, 1, 1), date(2000, 2, 29)])
def test_the_age_must_be_that_of_the_day_of_the_import(born: date) -> None:
    right = customer(1, date_of_birth=born.isoformat())
    if age(born) > 120:
        right["age"] = "120"
    wrong = customer(2, date_of_birth=born.isoformat(), age=str(min(120, age(born)) - 1))
    upload = send(right, wrong)
    assert (3, "age", "AGE_MISMATCH") in errors(upload)


@pytest.mark.parametrize(
    ("today", "years"), [(date(2025, 2, 28), 24), (date(2025, 3, 1), 25), (date(2024, 2, 29), 24)]
)
def test_a_person_born_on_february_29_is_a_year_older_on_march_1(today: date, years: int) -> None:
    assert other_age(today, years, date(2000, 2, 29)) is None
    assert other_age(today, years + 1, date(2000, 2, 29)) == {
        "years": years,
        "born": date(2000, 2, 29),
        "value": years + 1,
    }


def test_a_known_customer_is_skipped_and_counted() -> None:
    send(customer(1), customer(2))
    upload = send(customer(1, email="other@example.com"), customer(3), customer(3), name="more.csv")
    counts = (upload.valid_records, upload.skipped_records, upload.error_records)
    assert (upload.status, counts) == ("completed", (1, 2, 0))
    assert Customer.objects.get(pk=1).email == "c1@example.com"
    text = Notification.objects.get(upload=upload).text_body
    assert "Invalid Customers: 0 (0%)\nSkipped Customers: 2 (67%)\nSuccess Rate: 100%\n" in text


@pytest.mark.parametrize("in_batches", [False, True])
def test_two_customers_with_one_id_in_a_file_are_reported(in_batches: bool, request: Any) -> None:
    if in_batches:
        request.getfixturevalue("row_by_row")
    first, other = customer(1), customer(2, customer_id="1")
    moved = first | {"email": "new@example.com"}
    upload = send(customer(9), first, first, other, moved)
    counts = (upload.valid_records, upload.skipped_records, upload.error_records)
    assert counts == (2, 1, 2)
    assert errors(upload) == [(row, "customer_id", "DUPLICATE_CUSTOMER_ID") for row in (5, 6)]
    message = RowError.objects.earliest("error_id").error_message
    assert message == "Customer ID 1 is already used in row 3 of this file"
    assert Customer.objects.get(pk=1).email == "c1@example.com"


@pytest.mark.usefixtures("row_by_row")
def test_a_check_finds_two_customers_with_one_id_in_different_batches() -> None:
    first, other = customer(1), customer(2, customer_id="1")
    upload = arrived(
        table([first, first, other]), vendor=None, dataset="customers", only_check=True
    )
    drive()
    upload.refresh_from_db()
    counts = (upload.valid_records, upload.skipped_records, upload.error_records)
    assert counts == (1, 1, 1)
    assert errors(upload) == [(4, "customer_id", "DUPLICATE_CUSTOMER_ID")]


def test_the_same_person_cannot_have_two_ids_in_the_table_or_the_file() -> None:
    send(customer(1))
    person = {k: v for k, v in customer(1).items() if k != "customer_id"}
    upload = send(
        customer(2, **person), customer(5), customer(6, **{**customer(5), "customer_id": "6"})
    )
    assert errors(upload) == [
        (2, "full_name", "DUPLICATE_CUSTOMER"),
        (4, "full_name", "DUPLICATE_CUSTOMER"),
    ]
    messages = list(RowError.objects.order_by("error_id").values_list("error_message", flat=True))
    assert "already has another ID" in messages[0]
    assert "has another ID in row 3 of this file" in messages[1]


def test_the_same_name_with_another_date_of_birth_is_another_person() -> None:
    one, two = customer(1), customer(2)
    assert send(one, two | {"full_name": one["full_name"]}).status == "completed"


def test_rejected_rows_go_to_their_own_place_with_their_own_columns(settings: Any) -> None:
    settings.NOTIFICATION_EMAILS = {"customers": "crm@example.com"}
    wrong = customer(2, email="=cmd()", age="7")
    upload = send(customer(1), wrong)
    assert upload.error_file_s3_key == f"rejected/customers/{upload.upload_id}_rejected.csv"
    (row,) = csv.DictReader(io.StringIO(report_text(upload), newline=""))
    assert list(row) == [*COLUMNS, "Errors"]
    assert row["email"] == "'=cmd()"
    assert {k: row[k] for k in COLUMNS if k != "email"} == {
        k: wrong[k] for k in COLUMNS if k != "email"
    }
    assert "Email must be an email address" in row["Errors"]
    assert "; Age must be" in row["Errors"] or "Age must be" in row["Errors"]

    message = Notification.objects.get(upload=upload)
    assert message.to == "crm@example.com"
    assert message.subject == "Customer Upload Complete - new.csv (50% Success)"
    for text in (
        "Data Set: Customers",
        "Finished: 20",
        "Valid Customers: 1 (50%)",
        "- Email: 1 row (3)",
        "INVALID_EMAIL",
    ):
        assert text in message.text_body
    assert "/reports/" in message.text_body
    assert "Download rejected rows" in message.text_body
    assert "Customers</td>" in message.html_body


def test_a_fixed_correctable_file_is_imported() -> None:
    upload = send(customer(1), customer(2, phone_number="1"))
    fixed = report_text(upload).replace(",1,", ",5550001234,")
    again = imported("customers/fixed.csv", fixed)
    assert (again.status, again.valid_records) == ("completed", 1)


def test_a_retry_counts_imported_rows_as_valid(reviewer: Any) -> None:
    upload = send(customer(1), customer(2, age="x"), customer(1))
    assert (upload.valid_records, upload.skipped_records, upload.error_records) == (1, 1, 1)
    actions.retry(upload.upload_id, by=reviewer)
    drive()
    upload.refresh_from_db()
    assert (upload.valid_records, upload.skipped_records, upload.error_records) == (1, 1, 1)
    assert Customer.objects.count() == 1


def test_many_batches_keep_their_counts(settings: Any) -> None:
    settings.BATCH_ROWS, settings.SLICE_SECONDS = 1, 0
    rows = [customer(n) for n in range(1, 2_501)]
    upload = send(*rows, customer(3), rows[4] | {"customer_id": "9000"})
    counts = (upload.valid_records, upload.skipped_records, upload.error_records)
    assert counts == (2_500, 1, 1)
    assert Customer.objects.count() == 2_500


def test_the_example_is_a_row_that_passes() -> None:
    columns = get("customers").columns
    upload = send({column.key: column.example for column in columns})
    assert upload.status == "completed"


def test_customers_are_personal_data() -> None:
    assert [get(key).personal for key in ("customers", "metrics")] == [True, False]
