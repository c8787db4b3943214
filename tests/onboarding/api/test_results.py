"""What the API says about uploads and products, and what it does to them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Product
from imports.models import Upload
from imports.reports.result import result_of
from imports.rules.gtin import check_digit
from tests.admin.conftest import make_product
from tests.conftest import drive, event_arrives
from tests.onboarding.api.conftest import MakeToken, Program
from tests.onboarding.conftest import make_upload
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

RunUpload = Callable[..., Upload]


def finish(answer: Any) -> Upload:
    """Process what the answer has sent."""
    found = answer.json()
    upload = Upload.objects.get(pk=found.get("upload", found)["upload_id"])
    event_arrives(upload)
    drive()
    upload.refresh_from_db()
    return upload


def parts(program: Program, path: str, name: str, limit: int) -> list[Any]:
    """All entries of a list, part by part."""
    found: list[Any] = []
    cursor = ""
    while True:
        sign = "&" if "?" in path else "?"
        answer = program.get(f"{path}{sign}limit={limit}{cursor}")
        assert answer.status_code == 200, answer.content
        assert len(answer.json()[name]) <= limit
        found += answer.json()[name]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.json()['next_cursor']}"


def test_an_upload_says_what_import_file_says(program: Program, run_upload: RunUpload) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free", stock_quantity="x")])
    answer = program.get(f"/uploads/{upload.upload_id}").json()
    known = result_of(upload)
    assert {name: answer[name] for name in known} == known
    assert answer["errors_by_type"] == {"INVALID_PRICE": 1, "INVALID_STOCK": 1}


def test_following_an_upload_takes_three_queries(
    program: Program, run_upload: RunUpload, django_assert_num_queries: Any
) -> None:
    """Of the token, its count and the upload: programs ask often."""
    path = f"/uploads/{run_upload([good_row(1)]).upload_id}"
    program.get(path)  # records that the token is used
    with django_assert_num_queries(3):
        assert program.get(path).status_code == 200


def test_errors_have_the_report_s_codes_rows_and_remedies(
    program: Program, run_upload: RunUpload
) -> None:
    rows = [good_row(n, price="free" if n % 2 else "1.00") for n in range(1, 8)]
    restricted = "201234567890" + check_digit("2012345678900")
    upload = run_upload([*rows, good_row(9, sku="012", gtin=restricted)])
    path = f"/uploads/{upload.upload_id}/errors"
    found = parts(program, path, "errors", 3)
    assert [each["row"] for each in found] == [2, 4, 6, 8]
    first = found[0]
    assert first["help"].endswith("/help/products/#INVALID_PRICE")
    assert {**first, "help": ""} == {
        "row": 2,
        "column": "price",
        "label": "Price",
        "value": "free",
        "code": "INVALID_PRICE",
        "message": "Price must be a number such as 19.99 (was 'free')",
        "remedy": first["remedy"],
        "severity": "error",
        "help": "",
    }
    assert first["remedy"].startswith("Enter a number from 0.01")
    assert program.get(f"{path}?code=INVALID_STOCK").json()["errors"] == []
    warnings = program.get(f"{path}?severity=warning").json()
    assert [each["code"] for each in warnings["errors"]] == ["RESTRICTED_GTIN"]
    assert (warnings["total"], warnings["unlisted"]) == (1, 0)


def test_changes_say_what_each_product_held_before_and_after(
    program: Program, run_upload: RunUpload
) -> None:
    run_upload([good_row(1), good_row(2)])
    update = run_upload([good_row(1, price="5.00"), good_row(2), good_row(3)], mode="update")
    run_upload([good_row(1, price="7.00")], mode="update")
    path = f"/uploads/{update.upload_id}/changes"
    found = parts(program, path, "changes", 1)
    by_id = {each["vendor_product_id"]: each for each in found}
    assert {name: each["change"] for name, each in by_id.items()} == {
        "VP-1": "updated",
        "VP-3": "created",
    }
    assert by_id["VP-1"]["row"] == 2
    assert by_id["VP-1"]["fields"] == [{"field": "price", "before": "19.99", "after": "5.00"}]
    checked = run_upload([good_row(1, price="9.00")], mode="update", only_check=True)
    planned = program.get(f"/uploads/{checked.upload_id}/changes").json()
    assert planned["planned"]
    assert planned["changes"][0]["fields"] == [
        {"field": "price", "before": "7.00", "after": "9.00"}
    ]


def test_a_check_is_imported_undone_and_the_undo_followed(
    program: Program, run_upload: RunUpload
) -> None:
    checked = run_upload([good_row(1)], only_check=True)
    path = f"/uploads/{checked.upload_id}"
    assert program.post(f"{path}/import").json()["run"] == 2
    drive()
    assert Product.objects.count() == 1
    undone = program.post(f"{path}/undo")
    assert (undone.status_code, undone.json()["undoes"]) == (201, checked.upload_id)
    drive()
    followed = program.get(undone["Location"].removeprefix("/api/v1")).json()
    assert (followed["mode"], followed["removed_records"], followed["ended"]) == ("undo", 1, True)
    assert not Product.objects.exists()
    again = program.post(f"{path}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "NOT_POSSIBLE")
    assert "was undone" in again.json()["detail"]


def test_a_waiting_upload_is_canceled(program: Program, categories: list[str]) -> None:
    sent = program.send().json()["upload_id"]
    answer = program.post(f"/uploads/{sent}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert program.post(f"/uploads/{sent}/cancel").status_code == 409


FOREIGN = (
    "Artikel;Bez;Warengr;Preis brutto;Lager\nA-1;Maus;Audio;19,90;5\nA-2;Kabel;Audio;1.234,50;7\n"
)
SAID = {
    "columns": {
        "vendor_product_id": "Artikel",
        "sku": "Artikel",
        "product_name": "Bez",
        "price": "Preis brutto",
        "stock_quantity": "Lager",
    },
    "same": {"category": "Audio"},
}


def test_a_program_says_what_columns_hold_and_the_next_file_is_not_asked_about(
    program: Program, categories: list[str]
) -> None:
    upload = finish(program.post("/uploads", FOREIGN.encode()))
    assert upload.failure_code == "MISSING_COLUMNS"
    path = f"/uploads/{upload.upload_id}/mapping"
    asked = program.get(path).json()
    assert [each["name"] for each in asked["columns"]][:2] == ["Artikel", "Bez"]
    assert asked["columns"][0]["values"] == ["A-1", "A-2"]
    assert "price" in asked["required"]
    wrong = {
        "columns": {"color": "Bez", "price": "Farbe", "sku": "Artikel"},
        "same": {"sku": "X", "vendor_product_id": "1"},
        "factors": {"price": "0"},
    }
    answer = program.post(path, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_MAPPING")
    assert {each["pointer"] for each in answer.json()["errors"]} == {
        *("body/columns/color", "body/columns/price", "body/same/sku"),
        "body/same/vendor_product_id",
    }
    incomplete = program.post(path, {"columns": {"sku": "Artikel"}})
    pointers = {each["pointer"] for each in incomplete.json()["errors"]}
    assert {"body/columns/price", "body/columns/vendor_product_id"} <= pointers
    taken = program.post(path, SAID)
    assert (taken.status_code, taken.json()["run"]) == (200, 2)
    drive()
    assert list(Product.objects.order_by("sku").values_list("sku", "price")) == [
        ("A-1", Decimal("19.90")),
        ("A-2", Decimal("1234.50")),
    ]
    assert program.get(path).status_code == 409
    next_file = FOREIGN.replace("A-", "B-").encode()
    assert finish(program.post("/uploads", next_file)).status == "completed"


def test_a_mapping_by_which_most_rows_are_wrong_must_be_sure(
    program: Program, categories: list[str]
) -> None:
    upload = finish(program.post("/uploads", FOREIGN.encode()))
    path = f"/uploads/{upload.upload_id}/mapping"
    odd = {**SAID, "columns": {**SAID["columns"], "stock_quantity": "Bez"}}
    answer = program.post(path, odd)
    assert [each["pointer"] for each in answer.json()["errors"]] == ["body/sure"]
    assert program.post(path, {**odd, "sure": True}).status_code == 200


def test_letters_are_read_as_the_program_says(program: Program, categories: list[str]) -> None:
    body = csv_bytes([good_row(1, product_name="Żółw")]).decode().encode("cp1250")
    upload = finish(program.post("/uploads", body))
    assert upload.failure_code == "BAD_ENCODING"
    path = f"/uploads/{upload.upload_id}/mapping"
    assert "cp1250" in {each["encoding"] for each in program.get(path).json()["encodings"]}
    refused = program.post(path, {"encoding": "klingon"})
    assert refused.json()["errors"][0]["pointer"] == "body/encoding"
    assert program.post(path, {"encoding": "cp1250"}).status_code == 200
    drive()
    assert Product.objects.get().product_name == "Żółw"


def test_rejected_rows_are_corrected_by_value_and_cell_by_cell(
    program: Program, run_upload: RunUpload, alice: User
) -> None:
    rows = [
        *(good_row(n, category="Audiox") for n in (1, 2)),
        good_row(3, price="free"),
        good_row(4, price="also free"),
    ]
    upload = run_upload(rows, by=alice)
    path = f"/uploads/{upload.upload_id}/corrections"
    value = {"column": "category", "value": "Audiox", "to": "Audio", "remember": True}
    wrong = {"values": [value], "cells": [{"row": 4, "column": "price", "to": "0"}]}
    answer = program.post(path, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_CORRECTION")
    assert answer.json()["errors"] == [
        {"pointer": "body/cells/4/price", "detail": "Price must be at least 0.01 (was 0)"}
    ]
    unknown = program.post(path, {"cells": [{"row": 4, "column": "color", "to": "red"}]})
    assert unknown.json()["errors"][0]["pointer"] == "body/cells/0/column"
    assert "price, stock_quantity" in unknown.json()["errors"][0]["detail"]
    right = {"values": [value], "cells": [{"row": 4, "column": "price", "to": "3.00"}]}
    sent = program.post(path, right)
    assert (sent.status_code, sent.json()["sent_rows"], sent.json()["left_rows"]) == (201, 3, 1)
    assert sent.json()["unmatched"] == []
    assert sent.json()["upload"]["corrects"] == upload.upload_id
    assert finish(sent).status == "completed"
    assert program.get(f"/uploads/{upload.upload_id}").json()["open_records"] == 1
    assert finish(program.post("/uploads", csv_bytes([good_row(8, category="Audiox")]))).status == (
        "completed"
    )


def test_a_correction_that_matches_no_row_says_so(
    program: Program, run_upload: RunUpload, alice: User
) -> None:
    rows = [good_row(1, category="Audiox"), *(good_row(n, price=f"{n} x y") for n in range(2, 9))]
    upload = run_upload(rows, by=alice)
    path = f"/uploads/{upload.upload_id}/corrections"
    audio = {"column": "category", "value": "Audiox", "to": "Audio"}
    mice = {"column": "category", "value": "Mice", "to": "Audio"}
    of_mice = {
        "pointer": "body/values/0",
        "detail": "matches no row; these values of the column were rejected: “Audiox”",
    }
    of_brand = {
        "pointer": "body/values/1",
        "detail": "matches no row: no rejected row has an error in this column",
    }
    of_row = {
        "pointer": "body/cells/0",
        "detail": (
            "is about a row that is not rejected, or was corrected before; "
            "rejected: 2, 3, 4, 5, 6, …"
        ),
    }
    brand = {"column": "sku", "value": "Mice", "to": "Audio"}
    cell = {"row": 40, "column": "price", "to": "3.00"}
    refused = program.post(path, {"values": [mice, brand], "cells": [cell]})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_CORRECTION")
    assert refused.json()["errors"] == [of_mice, of_brand, of_row]
    assert "body/values/0: matches no row" in refused.json()["detail"]
    empty = program.post(path, {})
    assert empty.json()["detail"] == "Say at least one value or cell."
    other = program.post(path, {"cells": [{"row": 3, "column": "category", "to": "Audio"}]})
    assert "The rows have other errors, too" in other.json()["detail"]

    sent = program.post(path, {"values": [mice, audio], "cells": [cell]})
    assert (sent.status_code, sent.json()["sent_rows"]) == (201, 1)
    assert sent.json()["unmatched"] == [of_mice, of_row]


def test_a_prepared_file_is_stored_by_the_program_itself(
    program: Program, categories: list[str]
) -> None:
    import urllib3

    body = csv_bytes([good_row(1), good_row(2)])
    asked = {"file_name": "big.csv", "size": len(body), "mode": "update", "only_check": True}
    answer = program.post("/uploads:prepare", asked)
    assert answer.status_code == 201, answer.content
    put = answer.json()["put"]
    assert "vop_" not in answer.content.decode()
    first = urllib3.request(put["method"], put["url"], body=body, headers=put["headers"])
    assert first.status == 200, first.data
    for other, status in ((body[::-1], 412), (body + b"x", 403)):  # once, and of this size
        refused = urllib3.request(put["method"], put["url"], body=other, headers=put["headers"])
        assert refused.status == status
    upload = finish(answer)
    assert (upload.status, upload.base_mode, upload.is_check) == ("completed", "update", True)
    too_large = program.post("/uploads:prepare", {**asked, "size": 10 * 1024 * 1024 + 1})
    assert (too_large.status_code, too_large.json()["code"]) == (413, "FILE_TOO_LARGE")


def test_the_list_of_uploads_is_filtered_and_has_parts(program: Program, vendor_a: Vendor) -> None:
    for number in range(1, 6):
        make_upload(number, vendor_a, status="failed" if number == 3 else "partial")
    ids = [each["upload_id"][-1] for each in parts(program, "/uploads", "uploads", 2)]
    assert ids == ["5", "4", "3", "2", "1"]
    failed = program.get("/uploads?status=failed").json()["uploads"]
    assert [each["upload_id"][-1] for each in failed] == ["3"]
    named = program.get("/uploads?file_name=file-2.csv").json()["uploads"]
    assert [each["file_name"] for each in named] == ["file-2.csv"]
    assert program.get("/uploads?until=2026-11-20T09:30:00Z").json()["uploads"] == []
    assert len(program.get("/uploads?since=2026-11-20T10:30:00%2B01:00").json()["uploads"]) == 5


def test_products_are_read_in_parts_and_since_a_time(
    program: Program, run_upload: RunUpload, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    run_upload([good_row(n) for n in range(1, 6)])
    make_product(vendor_b, 9, sku="OTHER")
    found = parts(program, "/products", "products", 2)
    assert [each["sku"] for each in found] == [f"SKU-{n}" for n in range(1, 6)]
    assert (found[0]["price"], found[0]["stock_quantity"]) == ("19.99", 150)
    since = Product.objects.get(sku="SKU-5").updated_at.isoformat().replace("+", "%2B")
    run_upload([good_row(2, price="3.00"), good_row(4)], mode="update")
    changed = parts(program, f"/products?updated_since={since}", "products", 2)
    assert {"SKU-2"} <= {each["sku"] for each in changed}
    Product.objects.exclude(sku="SKU-2").update(updated_at="2020-01-01T00:00:00Z")
    changed = parts(program, "/products?updated_since=2026-01-01T00:00:00Z", "products", 2)
    assert [each["sku"] for each in changed] == ["SKU-2"]
    assert program.get("/products?sku=OTHER").json()["products"] == []
    assert len(program.get("/products?vendor_product_id=VP-3").json()["products"]) == 1


def test_a_part_of_changed_products_looks_at_a_bounded_number(
    program: Program, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onboarding.api import products

    monkeypatch.setattr(products, "LOOKED_AT", 3)
    for number in range(1, 9):
        make_product(vendor_a, number, updated_at="2020-01-01T00:00:00Z")
    Product.objects.filter(vendor_product_id__in=["VP-1", "VP-8"]).update(
        updated_at="2026-06-01T00:00:00Z"
    )
    found = parts(program, "/products?updated_since=2026-01-01T00:00:00Z", "products", 100)
    assert [each["vendor_product_id"] for each in found] == ["VP-1", "VP-8"]


def test_an_answer_that_has_not_changed_is_not_sent_again(
    program: Program, vendor_a: Vendor
) -> None:
    upload = make_upload(1, vendor_a)
    path = f"/uploads/{upload.upload_id}"
    first = program.get(path)
    asked = {"If-None-Match": first["ETag"]}
    same = program.get(path, headers=asked)
    assert (same.status_code, same.content) == (304, b"")
    assert same["ETag"] == first["ETag"]
    assert "RateLimit" in same
    Upload.objects.update(valid_records=8, error_records=2)
    assert program.get(path, headers=asked).status_code == 200


def test_the_rules_are_those_of_the_help_page(program: Program, client: Client) -> None:
    found = program.get("/datasets/products").json()
    page = client.get("/help/products/").content.decode()
    for code in found["codes"]:
        assert f'id="{code["code"]}"' in page
    assert [each["key"] for each in program.get("/datasets").json()["datasets"]] == ["products"]
    assert program.get("/datasets/clients").status_code == 404  # staff's
    assert found["row_schema"]["$id"].endswith("/help/products/schema/")
    assert "RESTRICTED_GTIN" in {c["code"] for c in found["codes"] if c["severity"] == "warning"}


def test_me_names_the_token_and_what_it_may_do(program_of: MakeToken, alice: User) -> None:
    found = program_of(alice, ["uploads:read"]).get("/me").json()
    assert (found["vendor_id"], found["person"]) == ("VEND001", "alice")
    assert found["token"]["scopes"] == ["uploads:read"]


def test_a_look_at_an_upload_needs_few_queries(
    program: Program, run_upload: RunUpload, django_assert_num_queries: Any
) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free")])
    path = f"/uploads/{upload.upload_id}"
    program.get(path)
    # The token, its minute, the upload, the open rows, the counts of errors.
    with django_assert_num_queries(5):
        assert program.get(path).status_code == 200
