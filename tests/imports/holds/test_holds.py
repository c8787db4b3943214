"""An import that is not plausible is held: nothing of it is imported until a person says so."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Product
from imports import actions
from imports.models import Notification, OutboxFile, PlannedChange, Upload
from imports.reports.result import result_of
from imports.review.deciding import release
from tests.conftest import drive
from tests.product_files import good_row
from vendors.access import access_of

Run = Callable[..., Upload]
ROWS = [good_row(n, price=f"{12 + n}.50", stock_quantity=str(5 + n)) for n in range(20)]


@pytest.fixture
def catalog(run_upload: Run) -> None:
    run_upload(ROWS)


def prices() -> list[Decimal]:
    return list(Product.objects.order_by("pk").values_list("price", flat=True))


def changed(**cells: Callable[[dict[str, str]], str]) -> list[dict[str, str]]:
    return [row | {key: cell(row) for key, cell in cells.items()} for row in ROWS]


def codes(upload: Upload) -> list[str]:
    return [each["code"] for each in upload.held_reason or []]


def released(upload: Upload, by: User, **more: Any) -> Upload:
    release(upload.pk, run=upload.run, access=access_of(by), by=by, **more)
    drive()
    upload.refresh_from_db()
    return upload


def test_a_file_with_lost_decimals_is_held_and_imported_when_its_owner_releases_it(
    run_upload: Run, catalog: None, alice: User
) -> None:
    before = prices()
    rows = changed(price=lambda row: row["price"].replace(".", ""))
    upload = run_upload(rows, mode="update", by=alice)
    assert (upload.status, codes(upload)) == (
        "held",
        ["PRICE_JUMP", "DECIMAL_SHIFT", "MASS_CHANGE"],
    )
    assert prices() == before
    assert (upload.updated_records, PlannedChange.objects.count()) == (20, 20)
    with pytest.raises(actions.NotPossible, match="Enter the number 20"):
        release(upload.pk, run=1, access=access_of(alice), by=alice, count=19)
    mail = Notification.objects.get(upload=upload, run=1)
    assert mail.subject == "Product Upload Held - products.csv"
    assert "Prices look shifted by a decimal" in mail.text_body
    assert "release or cancel it" in mail.html_body
    assert "Check only" not in mail.html_body
    answer = json.loads(OutboxFile.objects.get(upload=upload, kind="result").content)
    assert [each["code"] for each in answer["held_for"]] == codes(upload)
    assert (answer["status"], answer["only_check"], answer["mode"]) == ("held", False, "update")
    assert answer["held_for"] == result_of(upload)["held_for"]
    upload = released(upload, alice, count=20)
    assert (upload.status, upload.run, upload.updated_records) == ("completed", 2, 20)
    assert prices() == [price * 100 for price in before]
