"""docs/first-import.md: what becomes of its price list."""

from collections.abc import Callable

import pytest

from docs.pictures import CHOICES, LIST, NEXT
from imports import actions, datasets
from imports.models import Upload
from imports.rules.matching import Answers
from tests.conftest import drive
from tests.docs.pages import ROOT

Run = Callable[..., Upload]
PAGE = (ROOT / "docs" / "first-import.md").read_text()


@pytest.mark.django_db
def test_the_list_is_asked_about_once_and_six_of_eight_products_get_in(
    run_upload: Run, all_categories: None
) -> None:
    first = run_upload(LIST.read_bytes(), file_name=LIST.name)
    assert first.failure_code == "MISSING_COLUMNS"
    columns = {column.template_label: column.key for column in datasets.get("products").columns}
    answers = {columns[label]: place for place, label in enumerate(CHOICES)}
    actions.import_as_mapped(first.upload_id, Answers({**answers, "sku": 0}), by=None)
    drive()
    first.refresh_from_db()
    assert (first.valid_records, first.total_records) == (6, 8)
    assert "6 of 8 products" in PAGE
    errors = first.row_errors.values_list("row_number", "column_name")
    assert [*errors] == [(7, "price"), (9, "category")]

    second = run_upload(NEXT.encode("cp1252"))
    assert (second.status, second.valid_records) == ("completed", 2)
