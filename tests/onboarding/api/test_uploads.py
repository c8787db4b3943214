"""Files that are sent by the API are uploads like any other."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product
from imports.models import Upload
from tests.conftest import drive, event_arrives
from tests.onboarding.api.conftest import Program
from tests.product_files import csv_bytes, good_row


def finished(program: Program, answer: Any) -> dict[str, Any]:
    """What the API says about a sent upload once it has been processed."""
    assert answer.status_code == 201, answer.content
    event_arrives(Upload.objects.get(pk=answer.json()["upload_id"]))
    drive()
    followed = program.get(answer["Location"].removeprefix("/api/v1"))
    assert followed.status_code == 200
    return dict(followed.json())


def test_a_sent_file_is_imported_in_the_name_of_the_person(
    program: Program, alice: User, categories: list[str]
) -> None:
    rows = [good_row(1), good_row(2, price="free"), good_row(3)]
    answer = program.post("/uploads?file_name=spring.csv", csv_bytes(rows))
    sent = answer.json()
    assert (sent["status"], sent["ended"], sent["file_name"]) == ("received", False, "spring.csv")
    found = finished(program, answer)
    assert (found["status"], found["ended"]) == ("partial", True)
    assert (found["valid_records"], found["error_records"], found["open_records"]) == (2, 1, 1)
    assert found["errors_by_type"] == {"INVALID_PRICE": 1}
    upload = Upload.objects.get()
    assert upload.uploaded_by == alice
    assert Product.objects.filter(upload_id=upload.pk, vendor="VEND001").count() == 2


def test_a_form_a_body_and_rows_give_the_same_products(
    program: Program, categories: list[str]
) -> None:
    texts = {"description": '\'=1+1, "27"" wide"\nnew', "price": "19.90"}
    rows = [good_row(n, **texts) for n in (1, 2)]
    file = SimpleUploadedFile("mine.csv", csv_bytes(rows))
    form = program.client.post(
        "/api/v1/uploads?mode=update",
        {"file": file},
        headers={"Authorization": f"Bearer {program.token}"},
    )
    as_json = {"rows": [{**row, "price": 19.90, "stock_quantity": 150} for row in rows]}
    body = json.dumps(as_json).replace("19.9,", "19.90,").encode()
    answers = [
        form,
        program.post("/uploads?mode=update", csv_bytes(rows)),
        program.post("/uploads?mode=update", body, content_type="application/json"),
    ]
    results = [finished(program, answer) for answer in answers]
    assert [one["file_name"] for one in results] == ["mine.csv", "upload.csv", "rows.csv"]
    assert [one["created_records"] for one in results] == [2, 0, 0]
    assert [one["unchanged_records"] for one in results] == [0, 2, 2]
    assert Product.objects.first().description == texts["description"]  # type: ignore[union-attr]


def test_cells_are_judged_by_the_pipeline_only(program: Program, categories: list[str]) -> None:
    bad = {"rows": [good_row(1, price="")]}
    found = finished(program, program.post("/uploads?only_check=true", bad))
    assert (found["only_check"], found["mode"]) == (True, "create")
    assert found["errors_by_type"] == {"REQUIRED_FIELD": 1}
    refused = finished(program, program.post("/uploads", b"sku\nA\n"))
    assert (refused["status"], refused["failure"]["code"]) == ("failed", "MISSING_COLUMNS")
    assert refused["failure"]["help"].endswith("/help/products/#MISSING_COLUMNS")
