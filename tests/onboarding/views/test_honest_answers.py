"""What vendors read about files that changed nothing, or less than they meant to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from imports.models import Notification, Upload
from tests.conftest import drive
from tests.product_files import good_row

Run = Callable[..., Upload]


def page_of(client: Client, upload: Upload) -> str:
    return client.get(reverse("upload", args=[upload.upload_id])).content.decode()


def test_an_update_that_names_no_known_column_is_refused(run_upload: Run) -> None:
    run_upload([good_row(1)])
    upload = run_upload(b"vendor_product_id,Price (EUR)\nVP-1,5.00\n", mode="update")
    assert (upload.status, upload.failure_code) == ("failed", "NOTHING_TO_UPDATE")
    assert "not known: Price (EUR)" in upload.failure_message


def test_columns_that_were_not_imported_are_named_above_the_result_and_in_the_email(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1)])
    upload = run_upload(
        b"vendor_product_id,Price (EUR),Weight (kg)\nVP-1,5.00,1.5\n", mode="update"
    )
    assert upload.status == "completed"
    assert str(Product.objects.get().weight_kg) == "1.500"
    sentence = "This column was not imported, because we do not know its name: Price (EUR)."
    assert sentence in page_of(as_alice, upload)
    mail = Notification.objects.get(upload=upload)
    assert sentence in mail.text_body
    assert sentence in mail.html_body


@pytest.mark.parametrize("most_stored_errors", [100_000, 5])
def test_the_same_file_twice_is_not_called_failed_rows(
    run_upload: Run, as_alice: Client, settings: Any, most_stored_errors: int
) -> None:
    settings.MAX_STORED_ERRORS = most_stored_errors
    rows = [good_row(number) for number in range(20)]
    first = run_upload(rows)
    again = run_upload(rows)
    page = page_of(as_alice, again)
    assert "All 20 products are already in your catalog." in page
    assert f"{first.upload_timestamp:%Y-%m-%d, %H:%M} UTC" in page
    assert 'id="already"' in page
    assert "Use a SKU that no other product has" not in page


def test_the_same_file_again_can_set_the_products_back(run_upload: Run, as_alice: Client) -> None:
    run_upload([good_row(1, price="5.00"), good_row(2, price="6.00")])
    again = run_upload([good_row(1, price="5.00"), good_row(2, price="6.00")])
    address = reverse("update", args=[again.upload_id])
    assert address in page_of(as_alice, again)
    # As an edit by staff that was older than the file would be.
    Product.objects.filter(vendor_product_id="VP-1").update(price="9.00")
    as_alice.post(address)
    drive()
    again.refresh_from_db()
    assert (again.status, again.mode, again.run) == ("completed", "update", 2)
    assert (again.updated_records, again.unchanged_records) == (1, 1)
    assert str(Product.objects.get(vendor_product_id="VP-1").price) == "5.00"
    kinds = again.actions.filter(run=2).values_list("kind", "by__username")
    assert [*kinds] == [("retry", "alice"), ("update", "alice")]


def test_only_a_file_that_was_imported_before_updates_products(
    run_upload: Run, as_alice: Client
) -> None:
    run_upload([good_row(1)])
    upload = run_upload([good_row(1), good_row(2, price="free")])
    page = as_alice.post(reverse("update", args=[upload.upload_id]), follow=True).content.decode()
    assert "Only a file that was imported before can update its products." in page
    upload.refresh_from_db()
    assert (upload.mode, upload.run) == ("create", 1)


@pytest.mark.parametrize(("mode", "checked"), [("update", "update"), ("create", "create")])
def test_a_file_is_uploaded_again_in_the_same_mode(
    run_upload: Run, as_alice: Client, mode: str, checked: str
) -> None:
    run_upload([good_row(1)])
    upload = run_upload(b"vendor_product_id,price\nVP-1,free\n", mode=mode)
    link = f"{reverse('new_upload')}?dataset=products"
    link += "&amp;mode=update" if mode == "update" else '"'
    assert link in page_of(as_alice, upload)
    form = as_alice.get(reverse("new_upload"), {"mode": mode}).content.decode()
    assert f'value="{checked}" id="mode-{checked}" checked' in form


def test_the_templates_example_row_is_not_imported(run_upload: Run, as_alice: Client) -> None:
    template = as_alice.get(reverse("template", args=["products", "csv"])).content
    upload = run_upload(template)
    assert (upload.status, upload.error_records) == ("failed", 1)
    assert "This is the example row of the template" in page_of(as_alice, upload)
    assert Product.objects.count() == 0
    changed = template.replace(b"TM-MOUSE-01,", b"MY-1,", 1)
    assert changed != template
    assert run_upload(changed).status == "completed"
