"""Every message that is raised is one that a requirement declares, and each of those is raised."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.content_order import FieldStamps, stamp
from catalog.models import Product, ProductChange
from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.destinations import absent, plans
from imports.destinations.key_conflicts import Change, KeyConflicts, KeyOwner, key_of
from imports.destinations.postgres import notices_of_kept
from imports.formats.layout import Layout
from imports.models import Action, PlannedChange, Upload
from imports.rules.base import InvalidCell, Requirement, RowProblem, Rule
from imports.rules.cells import MAX_CELLS, Everywhere
from imports.rules.rows import StagedRow
from imports.rules.spreadsheet import LETTERS, marked
from imports.rules.text import Approved
from imports.steps.load import reject
from imports.validation.batch import ValidatedBatch
from imports.validation.validate import validate
from vendors.models import Vendor

TODAY = date(2026, 11, 21)
DATASETS = list(all_datasets().values())
WRONG = [
    *("", "abc", "x" * 3_000, "@", "--", "NULL", "R2-D2", "ftp://example.com"),
    *("https://a.example/1.jpg|https://a.example/2.jpg", "https://a.example/a b", "https://a_b/"),
    *(
        "7",
        "-1",
        "1" * 22,
        "1" * 50,
        "1.0001",
        "3.5",
        "1,234",
        "1,234.5",
        "1,2,3",
        "19,99",
        "1e999",
        '"1"',
    ),
    *("Audoi", "Zzzz", "Germny", "491234567890.0", "٥٥٥١٢٣٤٥٦٧"),
    *("1900-01-01", "1990-02-30", "31/12/1990", "2999-01-01"),
    *("2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2999-01-01T12:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
    *("a\x00b", "\x1b[2J", "a" + "\u0301\u0323" * 200),
    *(
        *("4006381333931", "4006381333932", "12345678905", "123456", "00000000"),
        "2000000000015",
        "#REF!",
        "########",
        "4.00638E+12",
        "2-Sep",
        "2026-03-01",
        "x" * 255,
        "GrÃ¶ÃŸe",
        "Gr\ufffd\ufffde",
    ),
]


def pattern_of(rule: Requirement, variant: str, label: str) -> re.Pattern[str]:
    """What messages of a variant look like: its template with any value of a row."""
    parts = []
    for text, name, form, _ in Formatter().parse(str(rule.variants[variant])):
        parts.append(re.escape(text))
        if name == "field":
            parts.append(re.escape(label))
        elif name and name.startswith("rule."):
            limit, _ = Formatter().get_field(name, (), {"rule": rule})
            parts.append(re.escape(format(limit, form or "")))
        elif name:
            parts.append(".*")
    return re.compile("".join(parts), re.DOTALL)


def variants_of(rule: Requirement, message: str, label: str) -> set[str]:
    """The variants that the message is an instance of."""
    return {
        variant for variant in rule.variants if pattern_of(rule, variant, label).fullmatch(message)
    }


def with_fixed_names(rule: Rule) -> Rule:
    if isinstance(rule, Approved):
        return replace(rule, names=lambda: ["Books", "Audio"], synonyms=dict)
    return rule


RULES = [
    pytest.param(with_fixed_names(rule), id=f"{dataset.key}-{column.key}-{type(rule).__name__}")
    for dataset in DATASETS
    for column in dataset.columns
    for rule in (*column.rules, *column.warnings)
]


def test_every_kind_of_rule_is_in_a_data_set() -> None:
    used = {type(rule) for d in DATASETS for _, rule in declared_by(d) if isinstance(rule, Rule)}
    ours = {kind for kind in Rule.__subclasses__() if kind.__module__.startswith("imports.rules.")}
    assert used == ours


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_raises_each_of_its_messages_and_no_other(rule: Rule) -> None:
    assert rule.code.isupper()
    assert rule.in_words
    assert rule.remedy
    raised = set()
    for text in filter(None, WRONG):
        raised |= variants_raised(rule, text)
    assert raised == set(rule.variants)


@given(st.text(min_size=1) | st.from_regex(r"[-+]?[0-9]{1,4}([., ':/eT-][0-9]{1,4}){0,5}Z?"))
def test_whatever_the_text_the_message_is_a_declared_one(text: str) -> None:
    for parameters in RULES:
        (rule,) = parameters.values
        assert isinstance(rule, Rule)
        variants_raised(rule, text)


def variants_raised(rule: Rule, text: str) -> set[str]:
    """The variants in which the rule rejects a text; a message must be of at least one."""
    error = rejection(rule, text)
    if error is None:
        return set()
    found = variants_of(rule, str(error), "The column")
    assert found, str(error)
    assert error.code == rule.code
    return found


def rejection(rule: Rule, text: str) -> InvalidCell | None:
    try:
        rule.checker("The column")(text)
    except InvalidCell as error:
        return error
    return None


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.key)
def test_a_rows_problem_has_a_declared_message(dataset: Dataset, categories: list[str]) -> None:
    for problem in problems_of(dataset):
        assert list(origins(dataset, problem)), problem


def test_every_declared_message_is_raised(categories: list[str]) -> None:
    declared = {
        (*name_of(dataset, key, rule), variant)
        for dataset in DATASETS
        for key, rule in declared_by(dataset)
        for variant in rule.variants
    }
    raised = {
        origin
        for dataset in DATASETS
        for problem in problems_of(dataset)
        for origin in origins(dataset, problem)
    }
    assert declared == raised


def declared_by(dataset: Dataset) -> list[tuple[str | None, Requirement]]:
    return [*dataset.requirements(), *dataset.warnings(), *dataset.notices()]


def name_of(dataset: Dataset, key: str | None, rule: Requirement) -> tuple[str, str | None, str]:
    """What everything shares counts once, whatever the data set."""
    return ("", key, rule.code) if isinstance(rule, Everywhere) else (dataset.key, key, rule.code)


def origins(dataset: Dataset, problem: RowProblem) -> Iterator[tuple[str, str | None, str, str]]:
    """The declared variants that a problem is an instance of."""
    for key, rule in declared_by(dataset):
        if rule.code == problem.code and key in (problem.column, None):
            label = dataset.label(problem.column)
            for variant in variants_of(rule, problem.message, label):
                yield (*name_of(dataset, key, rule), variant)


def problems_of(dataset: Dataset) -> Iterator[RowProblem]:
    """Everything that can be wrong with a row of the data set, in any step."""
    examples = [column.example for column in dataset.columns]
    rows = [with_cell(examples, i, text) for i in range(len(examples)) for text in WRONG]
    one_by_one = [checked(dataset, [row]) for row in rows]  # a text may be cut if none is longer
    for batch in one_by_one:
        yield from of_rows(batch)
    if dataset.format.rules:
        rows += [["x"], examples + examples, ["x"] * MAX_CELLS]
        rows += [with_cell(examples, i, "x\n" + ",x" * 20) for i in range(len(examples))]
    yield from of_rows(checked(dataset, rows))
    yield from of_rows(checked(dataset, [examples], cut=[0]))
    if dataset.format.rules:
        cells = [marked(kind, "12.5") for kind in LETTERS]
        rows = [with_cell(examples, i, cell) for i in range(len(examples)) for cell in cells]
        yield from of_rows(checked(dataset, rows, sheet="Sheet1"))
    yield from of_keys(dataset, examples)
    if any(column.identifies for column in dataset.columns):
        yield from of_lost_zeros(dataset, examples)
    if dataset.newest:
        yield from of_older_content(dataset)
        yield from of_rows(checked(dataset, [["(clear)"] * len(examples)], "update"))
    if dataset.destination.notices:
        yield from of_a_review(dataset, examples)
        yield from of_another_catalog(dataset, examples)
        yield from of_an_undo(dataset)
        yield from of_a_replacement(dataset, examples)
    if dataset.can_correct:
        yield from of_replaced(dataset, examples)
    if dataset.format.rules and not dataset.any_columns:
        labels = tuple(column.template_label for column in dataset.columns)
        layout = Layout("utf-8", ",", labels, 1, 1)
        yield from of_rows(validate(dataset, layout, [(2, examples, [])], "create", TODAY))
    if dataset.destination.rules:
        large = checked(dataset, [with_cell(examples, 0, "x" * 500_000)])
        outcome = dataset.destination.write(Upload(mode="check"), large, last=True)
        yield from outcome.problems[0]


def with_cell(row: Sequence[str], position: int, text: str) -> list[str]:
    return [*row[:position], text, *row[position + 1 :]]


def of_replaced(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    """What is said of cells that are read as other values."""
    labels = tuple(column.label for column in dataset.columns)
    rows: list[StagedRow] = [(2, ["x\u200by"] * len(examples), [])]
    known = {column.key: {"x\u200by": column.example} for column in dataset.columns}
    layout = Layout("utf-8", ",", labels, 1, 1)
    batch = validate(dataset, layout, rows, "create", TODAY, replacements=known)
    yield from chain(*batch.notices.values())


def of_rows(batch: ValidatedBatch) -> Iterator[RowProblem]:
    return chain(*batch.problems.values(), *batch.warnings.values())


def checked(
    dataset: Dataset,
    rows: list[list[str]],
    mode: str = "create",
    cut: Sequence[int] = (),
    sheet: str = "",
) -> ValidatedBatch:
    header = tuple(column.label for column in dataset.columns)
    if dataset.format.extension == "json":
        header = tuple(column.key for column in dataset.columns)
    delimiter = "," if dataset.format.rules else ""
    layout = Layout("utf-8", delimiter, header, 1, len(rows), sheet=sheet)
    staged: list[StagedRow] = [(number, row, [*cut]) for number, row in enumerate(rows, 2)]
    return validate(dataset, layout, staged, mode, TODAY)


def of_keys(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    """Keys that another row has, in this file or elsewhere, and columns that cannot change."""
    for unique in dataset.unique:
        # The same key, and another value in the others.
        others = {other.column for other in dataset.unique if other is not unique}
        second = [
            another(text) if column.key in others else text
            for column, text in zip(dataset.columns, examples, strict=True)
        ]
        yield from conflicts(dataset, [examples, second])
        if "taken" in unique.variants:
            yield from conflicts(dataset, [examples, second], unique.column)
    if dataset.fixed:
        only_identity = [c.example if c.key == dataset.identity else "" for c in dataset.columns]
        yield from conflicts(dataset, [only_identity], mode="update")
        yield from conflicts(dataset, [examples], dataset.identity, mode="update")


def of_lost_zeros(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    vendor = Vendor.objects.create(vendor_id="ZEROS", name="Zeros")
    Product.objects.create(
        vendor=vendor,
        vendor_product_id="007",
        sku="008",
        product_name="Gun barrel",
        price=1,
        stock_quantity=1,
    )
    row = [
        {"vendor_product_id": "7", "sku": "8"}.get(c.key, e)
        for c, e in zip(dataset.columns, examples, strict=True)
    ]
    for _, problem in dataset.destination.doubts(Upload(vendor=vendor), checked(dataset, [row])):
        yield problem


def another(text: str) -> str:
    """A value of the same kind."""
    return text.replace("1", "2") if "1" in text else f"{text}a"


def of_a_review(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    batch = checked(dataset, [examples])
    reject(Upload(left_out_rows=[[number, number] for number in batch.numbers]), batch)
    yield from of_rows(batch)


def of_older_content(dataset: Dataset) -> Iterator[RowProblem]:
    """What is said of rows of which newer content, from a known file or not, has set all fields or
    some of them."""
    newer = Upload.objects.create(upload_id="NEWER", dataset=dataset.key, file_name="new.csv")
    now = datetime(2026, 11, 21, tzinfo=UTC)
    first, second = dataset.changeable[:2]
    changes = [
        Change(KeyOwner("X", 2, 1, FieldStamps(stamp(now, by))), {}, {}, stamps, [second])
        for by in (newer.pk, "")
        for stamps in ({}, {first: stamp(now)})
    ]
    yield from chain(*notices_of_kept(dataset, dict(enumerate(changes))).values())


def of_another_catalog(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    """What is said of a row that was new when it was checked, and is not when it is imported."""
    upload = Upload.objects.create(upload_id="CHECKED", dataset=dataset.key, run=2)
    Action.objects.create(upload=upload, run=2, kind=Action.Kind.IMPORT)
    PlannedChange.objects.create(upload=upload, run=1, upload_row=2, identity="1")
    batch = checked(dataset, [examples])
    nothing = KeyConflicts(upload=upload, batch=batch, held={}, rows_in=frozenset(), claims={})
    yield from chain(*plans.differences(upload, nothing).values())


def of_an_undo(dataset: Dataset) -> Iterator[RowProblem]:
    """What is said of products that an upload changed and a file or a person after it, of one that
    is gone, and of one whose keys another has."""
    vendor = Vendor.objects.create(vendor_id="UNDO", name="Undo")
    undone = Upload.objects.create(upload_id="UNDONE", dataset=dataset.key, vendor=vendor)
    undo = Upload(upload_id="UNDO", dataset=dataset.key, vendor=vendor, undoes=undone)
    required = {"vendor": vendor, "price": 1, "stock_quantity": 1}
    products = [
        Product.objects.create(**required, vendor_product_id=str(n), sku=f"UNDO-{n}")
        for n in range(3)
    ]
    by_file, by_hand, taken = (product.pk for product in products)
    row = products[2]
    before = dict.fromkeys(dataset.by_key, "1") | {"sku": row.sku}
    changes: list[tuple[int, str | None, str, dict[str, str]]] = [
        *((pk, undone.pk, "U", {"price": "2.00"}) for pk in (by_file, by_hand, taken + 1)),
        (taken + 2, undone.pk, "D", before),
        (by_file, "LATER", "U", {"price": "3.00"}),
        (by_hand, None, "U", {"price": "3.00"}),
    ]
    ProductChange.objects.bulk_create(
        ProductChange(product_id=pk, vendor=vendor, upload_id=by, kind=kind, before=old)
        for pk, by, kind, old in changes
    )
    undone_part = dataset.destination.take_back(undo, dataset, most=10)
    yield from chain(*undone_part.notices.values())


def of_a_replacement(dataset: Dataset, examples: list[str]) -> Iterator[RowProblem]:
    """What is said in mode `replace` of an inactive product, and of a row that names none."""
    upload = Upload.objects.create(upload_id="REPLACE", dataset=dataset.key, mode="replace")
    batch = checked(dataset, [examples], "replace")
    stored = KeyOwner("OTHER", 2, 1, values=(*batch.values[0], "inactive"))
    found = KeyConflicts(upload=upload, batch=batch, held={}, rows_in=frozenset(), claims={})
    found.same[0] = Change(stored, {}, {}, {}, [])
    yield from chain(*absent.still_inactive(found).values())
    absent.claim(upload, [(None, 2)])
    done = dataset.destination.deactivate(upload, dataset, most=10)
    yield from chain(*done.notices.values())


def conflicts(
    dataset: Dataset, rows: list[list[str]], held: str = "", mode: str = "create"
) -> Iterator[RowProblem]:
    """What the rows get when another upload's row holds the key of the first in `held`."""
    batch = checked(dataset, rows, mode)
    assert not batch.problems
    owner = KeyOwner("OTHER", None, values=("stored",) * len(dataset.columns))
    keys = {unique.column: key_of(batch, unique)(0) for unique in dataset.unique}
    found = KeyConflicts(
        upload=Upload(upload_id="THIS", mode=mode),
        batch=batch,
        held={column: {key: owner} if column == held else {} for column, key in keys.items()},
        rows_in=frozenset(),
        claims={},
        skip_known=getattr(dataset.destination, "skip_known", False),
    )
    found.resolve()
    for problems in found.problems.values():
        yield from problems
