"""What the help page says, taken from the data set's columns and rules so that both agree."""

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.rules import OneOf
from imports.rules.base import Rule
from imports.rules.cells import (
    COLUMN_COUNT_MESSAGE,
    GENERAL_REMEDIES,
    OVERLONG_MESSAGE,
    UNPRINTABLE_MESSAGE,
)
from imports.rules.columns import Column
from imports.rules.refusals import ALL, OF_FORMATS, OF_VENDORS
from imports.rules.wording import with_separators

ACRONYMS = {"id": "ID", "sku": "SKU", "csv": "CSV", "json": "JSON"}


@dataclass
class Cause:
    """One reason for an error code: the columns it applies to, its message and its remedy."""

    message: SafeString
    remedy: str
    columns: list[str] = field(default_factory=list)


@dataclass
class ErrorCode:
    """A code with its title and everything that can cause it."""

    code: str
    title: str
    causes: list[Cause] = field(default_factory=list)


def error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every error that a file of the data set, or a row of it, can get."""
    return row_error_codes(dataset) + file_error_codes(dataset)


def row_error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every error a row of the data set can get, in the order of its columns."""
    codes: dict[str, ErrorCode] = {}
    for code, column, message, remedy in declared(dataset):
        entry = codes.setdefault(code, ErrorCode(code, error_title(code)))
        for cause in entry.causes:
            if (cause.message, cause.remedy) == (message, remedy):
                break
        else:
            cause = Cause(message, remedy)
            entry.causes.append(cause)
        if column not in cause.columns:
            cause.columns.append(column)
    return list(codes.values())


def file_error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every reason to reject a whole file of the data set."""
    others = OF_FORMATS - dataset.format.refuses
    if not dataset.by_vendor:
        others |= OF_VENDORS
    return [
        ErrorCode(one.code, one.title, [Cause(worded(one.message), one.remedy)])
        for one in ALL
        if one.code not in others
    ]


def error_title(code: str) -> str:
    """The code of a row error as a title: DUPLICATE_SKU is "Duplicate SKU"."""
    first, *rest = (ACRONYMS.get(word, word) for word in code.lower().split("_"))
    return gettext(" ".join([first[:1].upper() + first[1:], *rest]))


def declared(dataset: Dataset) -> Iterator[tuple[str, str, SafeString, str]]:
    """Code, column's label, message and remedy of everything that a row must fulfill."""
    for column in dataset.columns:
        rules: tuple[Rule, ...] = ((column.required,) if column.required else ()) + column.rules
        for rule in rules:
            yield rule.code, column.label, worded(rule.message_template, rule), rule.remedy
    for unique in dataset.unique:
        label = dataset.label(unique.column)
        yield unique.code, label, worded(unique.repeated), unique.remedy
        if unique.taken:
            yield unique.code, label, worded(unique.taken), unique.remedy
    for fixed in dataset.fixed:
        yield fixed.code, dataset.label(fixed.column), worded(fixed.message), fixed.remedy
    for row_rule in dataset.row_rules:
        label = dataset.label(row_rule.column)
        yield row_rule.code, label, worded(row_rule.message_template), row_rule.remedy
    any_column, whole_row = gettext("Any column"), gettext("The whole row")
    general = [
        ("INVALID_VALUE", any_column, UNPRINTABLE_MESSAGE),
        ("FIELD_TOO_LONG", any_column, OVERLONG_MESSAGE),
    ]
    if dataset.format.has_cells_to_count:
        general.append(("COLUMN_COUNT", whole_row, COLUMN_COUNT_MESSAGE))
    for code, where, template in general:
        yield code, where, worded(template), GENERAL_REMEDIES[code]


def worded(template: str, rule: Rule | None = None) -> SafeString:
    """A message template for people: limits are filled in, what depends on the row is "…"."""
    parts: list[tuple[str, str]] = []
    for text, name, _, _ in string.Formatter().parse(template):
        parts.append(("{}", text))
        if name is None:
            continue
        limit = getattr(rule, name, None)
        if name == "field":
            parts.append(("{}", gettext("The value")))
        elif isinstance(limit, Decimal | int):
            parts.append(("{}", with_separators(limit)))
        elif isinstance(limit, str):
            parts.append(("{}", limit))
        else:
            parts.append(("<var>{}</var>", "…"))
    return format_html_join("", "{}", ((format_html(markup, text),) for markup, text in parts))


@dataclass(frozen=True)
class ApprovedList:
    column: Column
    names: list[str]


def approved_lists(dataset: Dataset) -> list[ApprovedList]:
    """For each column that takes approved values only, those values as they are now."""
    return [
        ApprovedList(column, rule.allowed())
        for column in dataset.columns
        for rule in column.rules
        if isinstance(rule, OneOf) and rule.is_kept_by_staff
    ]
