"""A file whose letters can be read in several ways gets in by choosing once."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Category, Product
from imports.models import ColumnMapping, Upload
from tests.conftest import arrived, drive
from tests.imports.foreign.test_files import FILES, expected
from tests.onboarding.views.test_columns import answered
from vendors.models import Vendor

Run = Callable[..., Upload]
HEADER = "Vendor Product ID,Product Name,Category,SKU,Price,Stock Quantity\n"


def polish(*names: str) -> bytes:
    rows = (f"VP-{n},{name},Audio,SKU-{n},1,1\n" for n, name in enumerate(names))
    return (HEADER + "".join(rows)).encode("cp1250")


NAMES = ("Żółw ogrodowy", "Łóżko, gęś", "Ćma", "Źdźbło trawy")
FILE = polish(*(f'"{name}"' for name in NAMES))


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def address_of(upload: Upload) -> str:
    return f"/uploads/{upload.upload_id}/columns/"


def test_the_readings_are_shown_and_the_chosen_one_is_imported(
    run_upload: Run, as_alice: Client
) -> None:
    upload = run_upload(FILE)
    assert (upload.status, upload.failure_code) == ("failed", "BAD_ENCODING")
    page = as_alice.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "Choose the right letters" in page
    page = as_alice.get(address_of(upload)).content.decode()
    offered = re.findall(r'name="encoding" value="([^"]+)"', page)
    assert 2 <= len(offered) <= 6
    assert len(offered) == len(set(offered))
    assert "Źdźbło trawy" in page

    sent = as_alice.post(address_of(upload), {"encoding": "cp1250"})
    assert sent.status_code == 302
    drive()
    upload.refresh_from_db()
    assert (upload.status, upload.valid_records) == ("completed", 4)
    names = Product.objects.order_by("vendor_product_id").values_list("product_name", flat=True)
    assert list(names) == list(NAMES)
    assert upload.actions.filter(kind="map").count() == 1
    page = as_alice.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "Central European (Windows-1250)" in page


def test_the_next_file_is_not_asked_about_also_if_a_machine_sends_it(
    run_upload: Run, as_alice: Client, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    upload = run_upload(FILE)
    as_alice.post(address_of(upload), {"encoding": "cp1250"})
    drive()
    second = arrived(polish("Wąż ogrodowy"), vendor=vendor_a, mode="update")
    others = arrived(FILE, vendor=vendor_b)
    drive()
    second.refresh_from_db()
    others.refresh_from_db()
    assert (second.status, second.failure_code) == ("completed", "")
    assert Product.objects.get(vendor_product_id="VP-0").product_name == "Wąż ogrodowy"
    assert others.failure_code == "BAD_ENCODING"  # no vendor's answer counts for another's file


@pytest.mark.usefixtures("categories")
def test_the_form_goes_straight_to_the_question(as_alice: Client) -> None:
    file = SimpleUploadedFile("towary.csv", FILE, "text/csv")
    sent = as_alice.post("/uploads/new/", {"dataset": "products", "mode": "create", "file": file})
    assert sent["Location"] == address_of(Upload.objects.get())


def test_no_choice_and_an_invented_one_are_asked_again(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload(FILE)
    for sent in ({}, {"encoding": "utf-16"}, {"encoding": "rot13"}):
        answer = as_alice.post(address_of(upload), sent)
        assert answer.status_code == 422
        assert "Choose a reading" in answer.content.decode()
    upload.refresh_from_db()
    assert upload.run == 1


def test_another_vendor_sees_nothing(run_upload: Run, client: Client, bob: User) -> None:
    upload = run_upload(FILE)
    client.force_login(bob)
    assert client.get(address_of(upload)).status_code == 404
    assert client.post(address_of(upload), {"encoding": "cp1250"}).status_code == 404


def test_a_damaged_file_is_not_asked_about(run_upload: Run, as_alice: Client) -> None:
    mixed = (HEADER + "1,Größe,Audio,1,1,1\n").encode() + "2,Größe,Audio,2,1,1\n".encode("cp1252")
    upload = run_upload(mixed)
    assert upload.failure_code == "BAD_ENCODING"
    assert as_alice.get(address_of(upload)).status_code == 302


def test_a_polish_shops_list_gets_in_by_two_answers_and_its_next_with_none(
    run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    said = expected("polish")
    names = {product["category"] for product in said["products"]}
    known = set(Category.objects.values_list("name", flat=True))
    Category.objects.bulk_create([Category(name=name) for name in names - known])
    body = (FILES / said["file"]).read_bytes()
    upload = run_upload(body, file_name="polish.csv")
    assert upload.failure_code == "BAD_ENCODING"
    as_alice.post(address_of(upload), {"encoding": "cp1250"})
    drive()
    upload.refresh_from_db()
    assert upload.failure_code == "MISSING_COLUMNS"
    page = as_alice.get(address_of(upload))
    assert (
        as_alice.post(address_of(upload), {**answered(page, said), "import": "1"}).status_code
        == 302
    )
    drive()
    upload.refresh_from_db()
    assert (upload.failure_code, upload.valid_records) == ("", len(said["products"]))
    mapping = ColumnMapping.objects.get()
    assert mapping.answers["encoding"] == "cp1250"

    again = arrived(body, vendor=vendor_a, mode="update", file_name="next.csv")
    drive()
    again.refresh_from_db()
    assert (again.failure_code, again.valid_records) == ("", len(said["products"]))


def test_where_windows_1252_was_assumed_its_letters_are_shown_and_can_be_corrected(
    run_upload: Run, as_alice: Client, vendor_a: Vendor
) -> None:
    names = ["Bügelsäge", "Säge für Gehölz", "Schlüssel", "Hörbücher für Schüler", "Gerät", "Tüte"]
    rows = "".join(f"VP-{n},{name},Audio,SKU-{n},1,1\n" for n, name in enumerate(names))
    upload = run_upload((HEADER + rows).encode("cp1252"))
    assert (upload.status, upload.valid_records) == ("completed", 6)
    page = as_alice.get(f"/uploads/{upload.upload_id}/").content.decode()
    facts = page.split('id="encoding"')[1].split("</div>")[0]
    assert "Western European (Windows-1252)" in facts
    assert "Hörbücher für Schüler" in facts
    page = as_alice.get(address_of(upload)).content.decode()
    offered = re.findall(r'name="encoding" value="([^"]+)"', page)
    assert (len(offered), offered[0]) == (6, "cp1252")
    assert "Save choice" in page

    other = offered[1]
    sent = as_alice.post(address_of(upload), {"encoding": other}, follow=True)
    assert "upload this file again with “Update”" in sent.content.decode()
    again = arrived((HEADER + rows).encode("cp1252"), vendor=vendor_a, mode="update")
    drive()
    again.refresh_from_db()
    assert (again.status, again.layout) == (
        "completed",
        (upload.layout or {}) | {"encoding": other},
    )


def test_a_file_in_utf_8_is_not_doubted(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload(HEADER + "VP-1,Größe,Audio,SKU-1,1,1\n")
    page = as_alice.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "Are these letters wrong?" not in page
    assert as_alice.get(address_of(upload)).status_code == 302
