"""What the help page says, taken from the data set's columns and rules so that both agree."""

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from imports.dataset import Dataset
from imports.rules.base import Rule
from imports.rules.cells import (
    COLUMN_COUNT_MESSAGE,
    GENERAL_REMEDIES,
    OVERLONG_MESSAGE,
    UNPRINTABLE_MESSAGE,
)
from imports.rules.columns import Column
from imports.rules.refusals import ALL, OF_FORMATS, OF_VENDORS, Refusal
from imports.rules.text import OneOf
from imports.rules.wording import with_separators

WHOLE_ROW = "The whole row"
ANY_COLUMN = "Any column"


@dataclass
class Cause:
    """One reason for an error code: the columns it applies to, its message and its remedy."""

    message: SafeString
    remedy: str
    columns: list[str] = field(default_factory=list)


@dataclass
class ErrorCode:
    code: str
    causes: list[Cause] = field(default_factory=list)


def error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every error a row of the data set can get, in the order of its columns."""
    codes: dict[str, ErrorCode] = {}
    for code, column, message, remedy in declared(dataset):
        entry = codes.setdefault(code, ErrorCode(code))
        for cause in entry.causes:
            if (cause.message, cause.remedy) == (message, remedy):
                break
        else:
            cause = Cause(message, remedy)
            entry.causes.append(cause)
        if column not in cause.columns:
            cause.columns.append(column)
    return list(codes.values())


def declared(dataset: Dataset) -> Iterator[tuple[str, str, SafeString, str]]:
    """Code, column's label, message and remedy of everything that is asked of a row."""
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
    general = [
        ("INVALID_VALUE", ANY_COLUMN, UNPRINTABLE_MESSAGE),
        ("FIELD_TOO_LONG", ANY_COLUMN, OVERLONG_MESSAGE),
    ]
    if dataset.format.has_cells_to_count:
        general.append(("COLUMN_COUNT", WHOLE_ROW, COLUMN_COUNT_MESSAGE))
    for code, where, template in general:
        yield code, where, worded(template), GENERAL_REMEDIES[code]


def worded(template: str, rule: Rule | None = None) -> SafeString:
    """A message template for people: limits filled in, what a row fills in set off."""
    parts: list[tuple[str, str]] = []
    for text, name, _, _ in string.Formatter().parse(template):
        parts.append(("{}", text))
        if name is None:
            continue
        limit = getattr(rule, name, None)
        if isinstance(limit, Decimal | int):
            parts.append(("{}", with_separators(limit)))
        elif isinstance(limit, str):
            parts.append(("{}", limit))
        else:
            parts.append(("<var>{}</var>", name))
    return format_html_join("", "{}", ((format_html(markup, text),) for markup, text in parts))


@dataclass(frozen=True)
class ApprovedList:
    column: Column
    names: list[str]


def approved_lists(dataset: Dataset) -> list[ApprovedList]:
    """For each column that must be on a list, the list as it is now."""
    return [
        ApprovedList(column, rule.allowed())
        for column in dataset.columns
        for rule in column.rules
        if isinstance(rule, OneOf) and rule.is_kept_by_staff
    ]


def refusals(dataset: Dataset) -> list[tuple[Refusal, SafeString]]:
    """Every reason to turn down a file of the data set whole, and its message in words."""
    others = OF_FORMATS - dataset.format.refuses
    if not dataset.by_vendor:
        others |= OF_VENDORS
    return [(one, worded(one.message)) for one in ALL if one.code not in others]
