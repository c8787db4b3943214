"""The form that edits a product accepts exactly what a file with one row accepts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.history import values_of
from catalog.models import Category, Product, ProductChange
from catalog.status import set_status
from imports.models import RowError, Upload
from imports.rules.wording import INVISIBLE
from imports.validation.entered import Finding
from onboarding.products.product_edit import COLUMNS, SHOWN, ProductForm, text_of
from tests.product_files import good_row

Run = Callable[..., Upload]
STORED = {
    "brand": "Clicky",
    "description": "First line",
    "weight_kg": "0.085",
    "gtin": "4006381333931",
    "unit": "piece",
}
NUMBERS = ["1", "12.50", "12,50", "1,234", "1.234,50", "€ 5", "5 EUR", "5 kg", "-1", "0", "1e3"]
NUMBERS += ["0.005", ".5", "+7", "1 000", "1000001", "9999999.99", "½", "19.990", "3.1415"]
TEXTS = ["Mouse", " Mouse ", "a" * 50, "a" * 51, "a" * 101, "a" * 201, "ä" * 255, "x" * 2001]
TEXTS += ["y" * 10_001, "=1+1", "'=1+1", "MÃ¤use", "Fran\ufffdais", "#N/A", "#####", "NULL", "n/a"]
TEXTS += [
    "e\u0301",
    "\u200b",
    "\u00a0x\u00a0",
    "a\u0007b",
    "a" + "\u0301" * 40,
    "(clear)",
    "(Clear) ",
]
TEXTS += ["one\ntwo", "4.00638E+12", "1-Mar", "Audio", "audio", "Audoi", "Footwear", "''", '"']
CODES = ["4006381333931", "4006381333932", "400 6381 333931", "36000291452", "2012345678903", "0"]
OTHERS = ["https://a.example/b.jpg", "http://x y", "ftp://a.example", "11 x 6.5", "11x6,5x4", ""]
CELLS = st.sampled_from([*NUMBERS, *TEXTS, *CODES, *OTHERS]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=12
)
ENTERED = st.dictionaries(
    st.sampled_from([column.key for column in COLUMNS]), CELLS, min_size=1, max_size=5
)


def of_file(upload: Upload, severity: str) -> set[tuple[str, str, str]]:
    rows = RowError.objects.filter(upload=upload, severity=severity)
    return {(row.column_name, row.error_type, row.error_message) for row in rows}


def of_form(found: dict[str, list[Finding]]) -> set[tuple[str, str, str]]:
    return {(key, each.code, each.message) for key, all_ in found.items() for each in all_}


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entered=ENTERED)
@example(entered={"price": "12,50", "weight_kg": "1.5"})
@example(entered={"price": "12,50", "compare_at_price": "€ 15,00"})
@example(entered={"price": "1,234"})
@example(entered={"product_name": "\u00ad"})
@example(entered={"price": "", "category": " ", "brand": "", "subcategory": ""})
@example(entered={"description": "y" * 10_001, "gtin": "2012345678903", "brand": "MÃ¤use"})
def test_it_accepts_what_a_file_accepts(
    run_upload: Run, as_alice: Client, entered: dict[str, str]
) -> None:
    """One product is edited with the form, its twin with a file: the same codes and messages, the
    same warnings, and the same values."""
    Upload.objects.all().delete()
    Product.objects.all().delete()
    run_upload([good_row(n, **STORED) for n in (1, 2)])
    edited, twin = Product.objects.order_by("sku")
    shown = {column.key: text_of(edited, column.key) for column in COLUMNS}
    sent = shown | entered | {SHOWN.format(key): text for key, text in shown.items()}
    form = ProductForm(edited, sent, today=now().date())

    answer = as_alice.post(f"/products/{edited.pk}/edit/", sent)
    cells = {
        key: text if not is_empty(text) else "(clear)" if shown[key] else ""
        for key, text in entered.items()
    }
    upload = run_upload([{"vendor_product_id": "VP-2", **cells}], mode="update")

    assert upload.failure_code is None or not upload.failure_code
    if all(text == shown[key] for key, text in entered.items()):
        assert answer.status_code == 302
        return
    assert of_form(form.judged.errors) == of_file(upload, "error")
    assert answer.status_code == (422 if upload.error_records else 302)
    if not upload.error_records:
        assert of_form(form.judged.warnings) == of_file(upload, "warning")
    own = {"vendor_product_id", "sku"}
    values = [values_of(Product.objects.get(pk=each.pk)) for each in (edited, twin)]
    assert len({repr({k: v for k, v in each.items() if k not in own}) for each in values}) == 1


def is_empty(text: str) -> bool:
    """Whether a person sees nothing in this cell, which a file then leaves unchanged."""
    return not INVISIBLE.sub("", text).strip()


EDITS = st.dictionaries(
    st.sampled_from(["price", "brand", "description"]), st.sampled_from(["1", "2", "3"]), min_size=1
)
STEPS = st.one_of(
    st.tuples(st.just("file"), EDITS),
    st.tuples(st.just("form"), EDITS),
    st.tuples(st.just("staff"), EDITS),
    st.tuples(st.just("status"), st.sampled_from(Product.Status.values)),
)


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=6))
def test_going_back_over_the_changes_leads_through_all_that_the_product_was(
    run_upload: Run, as_alice: Client, alice: User, admin: User, steps: list[tuple[str, Any]]
) -> None:
    Upload.objects.all().delete()
    Product.objects.all().delete()
    Category.objects.get_or_create(name="Computer Accessories")
    run_upload([good_row(1)])
    key = Product.objects.get().pk
    was = [values_of(Product.objects.get())]
    for kind, what in steps:
        product = Product.objects.get()
        if kind == "file":
            run_upload([{"vendor_product_id": "VP-1", **what}], mode="update")
        elif kind == "form":
            as_alice.post(f"/products/{key}/edit/", what)
        elif kind == "status":
            set_status([key], Product.Status(what), by=alice)
        else:
            for name, value in what.items():
                setattr(product, name, Decimal(value) if name == "price" else value)
            product.save_edit(what, by=admin)
        product = Product.objects.get()
        assert (product.deactivated_at is None) == (product.status == "active")
        if (values := values_of(product)) != was[-1]:
            was.append(values)

    values = was.pop()
    *later, added = ProductChange.objects.filter(product_id=key).order_by("-pk")
    for change in later:
        assert change.before
        assert all(values[name] != before for name, before in change.before.items())
        values |= change.before
        assert values == was.pop()
    assert (added.kind, was) == ("I", [])
