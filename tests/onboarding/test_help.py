"""Help page and template come from the data set, so they agree with what an import does."""

import csv
import html
import io
import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Category
from imports import datasets
from imports.dataset import Dataset
from imports.rules.cells import EXAMPLE_ROW
from imports.rules.refusals import ALL
from onboarding.help.help import error_codes, file_error_codes, row_error_codes
from tests.imports.dropping import imported
from tests.onboarding.conftest import Browse, text_of
from vendors.models import Vendor

ROW_ERRORS = {
    "REQUIRED_FIELD",
    "INVALID_PRICE",
    "INVALID_STOCK",
    "INVALID_CATEGORY",
    "DUPLICATE_SKU",
    "DUPLICATE_VENDOR_PRODUCT_ID",
    "FIELD_TOO_LONG",
    "INVALID_VALUE",
    "COLUMN_COUNT",
    "SKU_MISMATCH",
    "EXAMPLE_ROW",
    "REJECTED",
    "EXCEL_NUMBER",
    "EXCEL_DATE",
    "EXCEL_PERCENT",
    "EXCEL_ERROR",
    "EXCEL_FORMULA",
    "INVALID_GTIN",
}
EVERY = list(datasets.all_datasets().values())
WITH_HEADER = [dataset for dataset in EVERY if dataset.format.extension == "csv"]


@pytest.fixture
def as_staff(browse: Browse, reviewer: User) -> Client:
    return browse(reviewer)


def template_of(client: Client, dataset: str) -> list[list[str]]:
    answer = client.get(f"/template/{dataset}.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("dataset", WITH_HEADER, ids=lambda dataset: dataset.key)
def test_the_template_has_every_column_with_its_example(dataset: Dataset, as_staff: Client) -> None:
    header, example = template_of(as_staff, dataset.key)
    assert list(dataset.match(header)) == [column.key for column in dataset.columns]
    marked = [cell.rstrip("*") for cell in header if cell.endswith("*")]
    assert marked == [column.label for column in dataset.columns if column.required]
    assert example == [column.example for column in dataset.columns]


@pytest.mark.parametrize("dataset", EVERY, ids=lambda dataset: dataset.key)
def test_the_template_itself_imports_cleanly(
    dataset: Dataset, vendor_a: Vendor, categories: list[str], as_staff: Client
) -> None:
    name = f"{dataset.key}.{dataset.format.extension}"
    template = as_staff.get(f"/template/{name}").content
    folder = f"{dataset.prefix}{vendor_a.pk}/" if dataset.by_vendor else dataset.prefix
    # Without the marks of required columns it is no longer the template, and the row is theirs.
    upload = imported(f"{folder}{name}", template.replace(b"*", b""))
    assert (upload.status, upload.valid_records, upload.ignored_columns) == ("completed", 1, [])
    has_example = EXAMPLE_ROW in dataset.format.rules and not dataset.any_columns
    untouched = imported(f"{folder}again-{name}", template)
    assert untouched.error_records == (1 if has_example else 0)


def test_a_template_has_the_ending_of_its_kind(as_staff: Client) -> None:
    assert as_staff.get("/template/metrics.csv").status_code == 404
    assert json.loads(as_staff.get("/template/metrics.json").content) == [
        {"name": "cpu.load", "value": 0.75, "timestamp": "2026-01-31T12:00:00Z"}
    ]


@pytest.mark.parametrize("dataset", EVERY, ids=lambda dataset: dataset.key)
def test_help_names_every_column_and_has_an_anchor_for_every_code(
    dataset: Dataset, as_staff: Client
) -> None:
    page = text_of(as_staff.get(f"/help/{dataset.key}/"))
    for column in dataset.columns:
        assert f'id="column-{column.key}"' in page
    for error in error_codes(dataset):
        assert page.count(f'id="{error.code}"') == 1
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_every_file_error_is_explained_where_it_can_happen_and_nowhere_else() -> None:
    explained = {
        dataset.key: {error.code for error in file_error_codes(dataset)} for dataset in EVERY
    }
    assert set().union(*explained.values()) == {refusal.code for refusal in ALL}
    assert not explained["metrics"] & {"NOT_CSV", "MISSING_COLUMNS", "UNKNOWN_VENDOR"}
    assert not explained["products"] & {"NOT_JSON", "MALFORMED_JSON"}
    metrics = row_error_codes(datasets.get("metrics"))
    assert "COLUMN_COUNT" not in {error.code for error in metrics}


class Limits(dict[str, object]):
    """Fills in a message as the help page does: what depends on the row is "…"."""

    def __missing__(self, name: str) -> "Limits":
        return self

    def __format__(self, form: str) -> str:
        return "…"


@pytest.mark.parametrize("dataset", EVERY, ids=lambda dataset: dataset.key)
def test_help_shows_every_message_and_remedy(
    dataset: Dataset, as_staff: Client, categories: list[str]
) -> None:
    markup = text_of(as_staff.get(f"/help/{dataset.key}/"))
    page = html.unescape(re.sub(r"</?var>", "", markup))
    for _, rule in (*dataset.requirements(), *dataset.warnings(), *dataset.notices()):
        for template in rule.variants.values():
            words = str(template).format_map(Limits(rule=rule, field="The value"))
            assert f"<p>{words}</p>" in page
        assert f'<p class="remedy">{rule.remedy}</p>' in page


def test_products_have_the_row_errors_that_other_tools_know() -> None:
    assert {error.code for error in row_error_codes(datasets.get("products"))} == ROW_ERRORS


def test_rules_and_messages_are_in_words(categories: list[str]) -> None:
    page = text_of(Client().get("/help/products/"))
    assert "0.01 to 999,999.99, up to 2 decimal places" in page
    assert "up to 2,000 characters" in page
    assert "The value must be 999,999.99 or less (was <var>…</var>)" in page
    assert "is already used in row <var>…</var> of this file" in page
    assert "10,000 rows" in page
    assert "{" not in page


def test_no_message_is_only_a_gap() -> None:
    """INVALID_HEADER says only what is in the file; the page has its remedy."""
    for dataset in EVERY:
        for error in error_codes(dataset):
            for cause in error.causes:
                for message in cause.messages:
                    assert re.search(r"\w", re.sub(r"<[^>]+>|…", "", message)), error.code


def test_any_column_is_not_listed_beside_columns() -> None:
    for dataset in EVERY:
        for error in error_codes(dataset):
            for cause in error.causes:
                assert cause.places == ["Any column"] or "Any column" not in cause.places


def test_the_help_says_what_prices_pictures_and_variants_are(categories: list[str]) -> None:
    page = text_of(Client().get("/help/products/"))
    for words in ("currency", "tax", "One picture", "Each size or color"):
        assert words in page


def test_the_page_of_the_api_has_no_marks_of_another_format() -> None:
    page = text_of(Client().get("/help/api/"))
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "`" not in main
    assert "Scope: <code>uploads:write</code>." in main
    outside = re.sub(r"(?s)<code[^>]*>.*?</code>", "", main)
    assert "{" not in outside


def test_the_approved_list_is_the_current_one(categories: list[str]) -> None:
    Category.objects.create(name="<Robots> & co")
    Category.objects.filter(name="Books").update(is_active=False)
    page = text_of(Client().get("/help/products/"))
    assert "<li>&lt;Robots&gt; &amp; co</li>" in page
    assert "<li>Books</li>" not in page


STAFFS = [dataset for dataset in EVERY if not dataset.by_vendor]


@pytest.mark.parametrize("dataset", STAFFS, ids=lambda dataset: dataset.key)
def test_what_only_staff_upload_is_for_staff_to_read_about(
    dataset: Dataset, as_alice: Client, as_staff: Client
) -> None:
    template = f"/template/{dataset.key}.{dataset.format.extension}"
    for page in (f"/help/{dataset.key}/", template):
        assert Client().get(page)["Location"] == f"/login/?next={page}"
        assert as_alice.get(page).status_code == 404
        assert as_staff.get(page).status_code == 200
    for page in ("/help/products/", "/uploads/new/"):
        assert f">{dataset.title}</a>" in text_of(as_staff.get(page))
        assert dataset.title not in text_of(as_alice.get(page))
    assert dataset.title not in text_of(Client().get("/help/products/"))


def test_help_says_what_a_file_of_any_columns_is(as_staff: Client) -> None:
    page = text_of(as_staff.get("/help/csv/"))
    assert "none may be upload_id or row_number." in page
    assert "You can use any columns. These are an example." in page
    assert "Each upload keeps its own rows" in page
    assert "When you update" not in page


def test_help_says_what_happens_to_a_client_that_already_exists(as_staff: Client) -> None:
    page = text_of(as_staff.get("/help/clients/"))
    assert "Existing clients are replaced, unless a newer file has updated them." in page
    assert "If the first row has none of the column names, it is read as data" in page
    assert "Active or Inactive, in upper or lower case" in page
    assert "Approved values" not in page


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("INVALID_PRICE", "Invalid price"),
        ("DUPLICATE_SKU", "Duplicate SKU"),
        ("DUPLICATE_VENDOR_PRODUCT_ID", "Duplicate vendor product ID"),
    ],
)
def test_a_row_error_has_a_title_beside_its_code(
    code: str, title: str, categories: list[str]
) -> None:
    page = text_of(Client().get("/help/products/"))
    assert f'<h3>{title}</h3></summary><div id="{code}">' in page
    assert f"<code>{code}</code></p></div></details>" in page


def test_general_help_redirects_to_the_first_data_set(db: None) -> None:
    assert Client().get("/help/")["Location"] == f"/help/{EVERY[0].key}/"
