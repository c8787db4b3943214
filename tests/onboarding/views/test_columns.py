"""A file with other column names than ours: one page asks, and the next file is not asked about."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Category, Product
from imports.models import ColumnMapping, FileSample, HeaderMemory, Upload
from tests.conftest import arrived, drive
from tests.imports.foreign.test_files import FILES, NAMES, expected
from vendors.models import Vendor

Run = Callable[..., Upload]
# Read like any other by our own names and by their preset, or refused for their letters: until a
# person can choose the encoding, the vendor has to save them as UTF-8.
UNREADABLE = {"polish"}


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
@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNREADABLE])
def test_a_file_of_another_program_gets_in_with_one_page_and_the_next_with_none(
    name: str, run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    said = expected(name)
    body = (FILES / said["file"]).read_bytes()
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

    again = arrived(body, vendor=vendor_a, mode="update", file_name=f"next-{said['file']}")
    drive()
    again.refresh_from_db()
    assert (again.failure_code, again.error_records) == ("", len(said["rejected_rows"]))
    assert again.valid_records == len(said["products"])
