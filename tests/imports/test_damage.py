"""What spreadsheet programs do to cells is found, and undamaged files are left alone."""

import itertools
import random
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection

from catalog.models import Product
from imports.datasets.products import DATASET
from imports.formats.layout import Layout
from imports.models import RowError, Upload
from imports.rules.damage import ERRORS
from imports.rules.rows import StagedRow
from imports.validation.batch import ValidatedBatch
from imports.validation.damage import in_column
from imports.validation.validate import validate
from tests.product_files import GOOD, good_row

Run = Callable[..., Upload]
SKU = DATASET.by_key["sku"]
# Categories are in the database.
SCHEMA = replace(DATASET, columns=tuple(c for c in DATASET.columns if c.key != "category"))
ROW = {key: text for key, text in GOOD.items() if key != "category"}

# What was typed is in the comments. Each column is one file's.
DAMAGED = {
    "EAN, shortened": ("EXCEL_NUMBER", ["4.00638E+12", "4.00639E+12"]),  # 4006381333931
    "EAN, shortened, decimal comma": ("EXCEL_NUMBER", ["4,00638E+12", "7,61E+11"]),
    "a code with an E": ("EXCEL_NUMBER", ["1.23E+47", "5E+10", "1.2E+101"]),  # 123E45
    "English, day first": ("EXCEL_DATE", ["1-Mar", "12-Dec", "31-Jan", "2-Sep"]),  # 1-3, SEPT2
    "English, month first": ("EXCEL_DATE", ["Mar-05", "Dec-99", "May-12"]),  # MAR05
    "English, with a year": ("EXCEL_DATE", ["1-Mar-05", "01-Mar-2005"]),
    "German, day first": ("EXCEL_DATE", ["01. Mrz", "12. Okt", "03. Mai", "01. Mär"]),
    "German, month first": ("EXCEL_DATE", ["Mrz 05", "Dez 12", "Mai 20"]),
    "French": ("EXCEL_DATE", ["01-mars", "mars-05", "15-août", "déc-12", "02-janv", "févr.-05"]),
    "Spanish": ("EXCEL_DATE", ["01-mar", "mar-05", "12-ene", "ago-12", "01-abr"]),
    "Italian": ("EXCEL_DATE", ["01-mar", "mar-05", "12-lug", "ott-12", "01-giu"]),
    "Dutch": ("EXCEL_DATE", ["1-mrt", "mrt-05", "12-mei", "okt-12"]),
    "Polish": ("EXCEL_DATE", ["01.mar", "mar.05", "12.wrz", "paź.12", "01-kwi"]),
    "Portuguese": ("EXCEL_DATE", ["01/mar", "mar/05", "12/dez", "fev/12"]),
    "a word that is a code, too": ("LOOKS_LIKE_DATE", ["set-05", "out-12", "10-set"]),
    "full dates": ("LOOKS_LIKE_DATE", ["01/03/2025", "3/1/2025", "31.12.2024", "2025-03-01"]),
}


def codes(texts: Sequence[str]) -> list[str]:
    """What is said of each text of a column of SKUs; "" for nothing."""
    found = in_column(SKU, texts, "".join(texts), texts)
    said = {i: problem.code for i, problem in (*found.errors, *found.warnings)}
    return [said.get(i, "") for i in range(len(texts))]


def checked(*rows: dict[str, str]) -> ValidatedBatch:
    names = [*dict.fromkeys(key for row in rows for key in row)]
    cells = [[row.get(name, "") for name in names] for row in rows]
    layout = Layout("utf-8", ",", tuple(names), 1, len(rows))
    staged: list[StagedRow] = [(number, row, []) for number, row in enumerate(cells, 2)]
    return validate(SCHEMA, layout, staged, "create", date(2026, 11, 21))


def said(batch: ValidatedBatch) -> list[tuple[int, str, str]]:
    of_rows = (*batch.problems.items(), *batch.warnings.items())
    return [(batch.numbers[i], p.column, p.code) for i, problems in of_rows for p in problems]


@pytest.mark.parametrize("name", DAMAGED)
def test_each_damaged_cell_is_found(name: str) -> None:
    code, texts = DAMAGED[name]
    assert codes(texts) == [code] * len(texts)
    for text in texts:  # a file may have a single row
        assert codes([text]) == [code]


def test_damage_is_found_between_other_codes() -> None:
    others = ["AB-12", "7-40", "MAR-05", "13-40", "X1", "4006381333931", "ab-12", "Größe-1"]
    for code, texts in DAMAGED.values():
        if code == "EXCEL_DATE" and texts[0][0] == "0" and texts[0][2] == "-":
            continue  # in lower case, as ab-12
        assert codes([*others, *texts])[len(others) :] == [code] * len(texts)


def test_a_code_of_the_vendors_own_kind_is_no_date() -> None:
    assert codes(["mar-05", "box-05", "mug-12"]) == ["", "", ""]
    assert codes(["Mar-05", "Box-05"]) == ["", ""]
    assert codes(["12-03-2025", "47-11-2025"]) == ["", ""]


def real_looking() -> dict[str, list[str]]:
    """SKUs by the schemes of shops and manufacturers."""
    chance = random.Random(7)
    n = 5_000

    def letters(count: int, of: str = string.ascii_uppercase) -> str:
        return "".join(chance.choices(of, k=count))

    def digits(count: int) -> str:
        return letters(count, string.digits)

    words = ["set", "box", "mug", "out", "may", "mars", "Mar", "Jun", "Dec", "tee", "Mug", "lip"]
    numbers = itertools.count(100_000)
    schemes: dict[str, Callable[[], str]] = {
        "EAN-13": lambda: f"40{digits(11)}",
        "UPC": lambda: digits(12),
        "running numbers": lambda: str(next(numbers)),
        "padded numbers": lambda: f"{next(numbers):09}",
        "LLL-DD": lambda: f"{letters(3)}-{digits(2)}",
        "lll-dd": lambda: f"{letters(3, string.ascii_lowercase)}-{digits(2)}",
        "Lll-dd": lambda: f"{letters(1)}{letters(2, string.ascii_lowercase)}-{digits(2)}",
        "dd-lll": lambda: f"{digits(2)}-{letters(3, string.ascii_lowercase)}",
        "dd/lll": lambda: f"{digits(2)}/{letters(3, string.ascii_lowercase)}",
        "dd.lll": lambda: f"{digits(2)}.{letters(3, string.ascii_lowercase)}",
        "dd-dd-dddd": lambda: f"{digits(2)}-{digits(2)}-{digits(4)}",
        "dd.dd.dddd": lambda: f"{digits(2)}.{digits(2)}.{digits(4)}",
        "d.d.dd": lambda: f"{digits(1)}.{digits(1)}.{digits(2)}",
        "d-d": lambda: f"{digits(2)}-{digits(2)}",
        "words and sizes": lambda: f"{chance.choice(words)}-{digits(2)}",
        "words, colors, sizes": lambda: f"{chance.choice(words)}-{letters(3)}-{digits(2)}",
        "dEdd": lambda: f"{digits(1)}E{digits(2)}",
        "hexadecimal": lambda: f"{chance.getrandbits(48):012x}",
        "L/ddd": lambda: f"{letters(2)}/{digits(3)}",
        "with a year": lambda: f"{letters(2)}{digits(4)}-2025",
    }
    return {name: [scheme() for _ in range(n)] for name, scheme in schemes.items()}


def test_nothing_is_said_of_100_000_real_looking_skus() -> None:
    skus = real_looking()
    assert sum(map(len, skus.values())) == 100_000
    wrong = {}
    for name, texts in skus.items():
        for start in range(0, len(texts), 1_000):
            batch = texts[start : start + 1_000]
            for text, code in zip(batch, codes(batch), strict=True):
                if code:
                    wrong[name, text] = code
    assert wrong == {}


@pytest.mark.parametrize("text", [*sorted(ERRORS), "###", "##########"])
def test_the_error_of_a_formula_is_found_in_any_column(text: str) -> None:
    for key in (*ROW, "brand", "weight_kg", "image_url"):
        assert said(checked(ROW | {key: text})) == [(2, key, "EXCEL_ERROR")]


def test_a_text_that_contains_the_name_of_an_error_is_a_text() -> None:
    row = ROW | {"product_name": "Poster #REF!", "description": "# 1 in tests"}
    assert said(checked(row)) == []


def test_texts_that_were_cut_are_found() -> None:
    rows = [ROW | {"description": text} for text in ("x" * 255, "short")]
    cut = (2, "description", "CUT_TEXT")
    assert cut in said(checked(*rows))
    # A space at the cut belongs to the cell.
    assert cut in said(checked(rows[0] | {"description": "x" * 254 + " "}))
    longer = rows[0] | {"description": "x" * 256}
    assert cut not in said(checked(*rows, longer))


GOOD_TEXTS = [
    *("Größe Übergröße", "Citroën “DS”", "l’été à la plage", "naïve café", "20 °C", "½ Maß"),
    *("Pokémon®", "QUALITÉ™", "KESÄ”", "„CHINÄ“", "SÃO PAULO", "¿Qué?", "Ñandú"),
    *("żółw", "Łódź", "příliš žluťoučký kůň", "Ελληνικά", "Привет", "5×10 m²", "€ 5"),
]


@pytest.mark.parametrize("text", ["Åland", "ÅLAND™", "日本語", "CHÂTEAU-ÎLE", "Ã Â", "ÄÖÜ”"])
def test_rare_letters_are_no_damage(text: str) -> None:
    assert said(checked(ROW | {"description": text})) == []


@pytest.mark.parametrize("text", GOOD_TEXTS)
def test_a_good_text_is_not_misread_and_a_misread_one_is(text: str) -> None:
    row = ROW | {"description": text}
    assert said(checked(row)) == []
    misread = text.encode().decode("cp1252", errors="replace")
    found = said(checked(row | {"description": misread}))
    assert (2, "description", "MOJIBAKE") in found


def test_a_misread_text_is_shown_as_it_was_meant() -> None:
    long = f"{'x' * 300} GrÃ¶ÃŸe L {'y' * 300}"
    batch = checked(ROW | {"description": long})
    (warning,) = batch.warnings[0]
    assert "GrÃ¶ÃŸe L" in warning.message
    assert "Größe L" in warning.message
    assert len(warning.message) < 250


@pytest.mark.django_db
def test_ids_that_lost_their_zeros_are_found(run_upload: Run) -> None:
    run_upload([good_row(1, vendor_product_id="00123", sku="007"), good_row(2)])
    rows = [
        good_row(3, vendor_product_id="123"),
        good_row(4, sku="7"),
        good_row(5, vendor_product_id="124"),
    ]
    upload = run_upload(rows, only_check=True)
    found = RowError.objects.filter(upload=upload).values_list(
        "row_number", "column_name", "error_type", "severity"
    )
    assert list(found) == [
        (2, "vendor_product_id", "LEADING_ZERO", "warning"),
        (3, "sku", "LEADING_ZERO", "warning"),
    ]
    assert "'123' is not in your catalog, but '00123' is" in str(
        RowError.objects.filter(upload=upload).earliest("row_number").error_message
    )
    assert (upload.valid_records, upload.warned_records) == (3, 2)


@pytest.mark.django_db
def test_an_id_with_zeros_beside_one_without_is_no_loss(run_upload: Run) -> None:
    run_upload([good_row(1, vendor_product_id="00123")])
    both = [good_row(2, vendor_product_id="123"), good_row(1, vendor_product_id="00123")]
    assert run_upload(both).warned_records == 0  # also stores 123
    again = run_upload([good_row(2, vendor_product_id="123", price="5")], mode="update")
    assert (again.status, again.warned_records) == ("completed", 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("row_by_row")
@pytest.mark.parametrize("only_check", [True, False])
def test_an_id_of_an_earlier_batch_is_none_of_the_catalog(
    run_upload: Run, only_check: bool
) -> None:
    both = [good_row(1, vendor_product_id="00123"), good_row(2, vendor_product_id="123")]
    assert run_upload(both, only_check=only_check).warned_records == 0


@pytest.mark.django_db
def test_another_vendors_ids_say_nothing(run_upload: Run, vendor_b: Any) -> None:
    run_upload([good_row(1, vendor_product_id="00123", sku="00123")], vendor=vendor_b)
    upload = run_upload([good_row(2, vendor_product_id="123", sku="123")])
    assert (upload.status, upload.warned_records) == ("completed", 0)


@pytest.mark.django_db
def test_an_update_with_lost_zeros_says_why_it_fails(run_upload: Run) -> None:
    run_upload([good_row(1, vendor_product_id="00123")])
    upload = run_upload([{"vendor_product_id": "123", "price": "5"}], mode="update")
    found = RowError.objects.filter(upload=upload, error_type="LEADING_ZERO")
    assert (upload.status, found.count()) == ("failed", 1)


@pytest.mark.django_db
def test_lost_zeros_are_looked_up_by_an_index(run_upload: Run) -> None:
    run_upload([good_row(1, vendor_product_id="00123")])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT vendor_product_id FROM products WHERE vendor_id = 'VEND001' AND "
            "vendor_product_id LIKE '0%' AND ltrim(vendor_product_id, '0') = ANY('{123,4}')"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "products_padded_id" in plan


@pytest.mark.django_db
def test_damaged_rows_are_rejected_and_the_remedy_is_a_recipe(run_upload: Run) -> None:
    upload = run_upload([good_row(1, sku="4.00638E+12"), good_row(2, vendor_product_id="1-Mar")])
    assert (upload.status, Product.objects.count()) == ("failed", 0)
    types = RowError.objects.filter(upload=upload).values_list("error_type", flat=True)
    assert list(types) == ["EXCEL_NUMBER", "EXCEL_DATE"]
