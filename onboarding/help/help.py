"""What the help page says, taken from the data set's columns and rules so that both agree."""

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.holds.numbers import numbers_of
from imports.rules.base import Requirement
from imports.rules.columns import Column
from imports.rules.holds import HOLDS, HoldReason
from imports.rules.refusals import ALL, OF_FORMATS, OF_VENDORS, Refusal
from imports.rules.text import approved_in
from imports.rules.wording import Words

ACRONYMS = {"id": "ID", "sku": "SKU", "gtin": "GTIN", "csv": "CSV", "json": "JSON"}


@dataclass
class Cause:
    """One reason for an error code: the columns it applies to, its messages and its remedy."""

    messages: list[SafeString]
    remedy: Words
    columns: list[str] = field(default_factory=list)

    @property
    def places(self) -> list[str]:
        """The columns, without those that “Any column” includes."""
        every = gettext("Any column")
        return [every] if every in self.columns else self.columns


@dataclass
class ErrorCode:
    """A code with its title and everything that can cause it."""

    code: str
    title: Words
    causes: list[Cause] = field(default_factory=list)


def error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every error, warning and notice that a file of the data set, or a row of it, can get."""
    of_rows = row_error_codes(dataset) + warning_codes(dataset) + notice_codes(dataset)
    return of_rows + file_error_codes(dataset)


def row_error_codes(dataset: Dataset) -> list[ErrorCode]:
    """Every error a row of the data set can get, in the order of its columns."""
    return by_code(dataset, dataset.requirements())


def warning_codes(dataset: Dataset) -> list[ErrorCode]:
    """Everything that may be wrong with a row that is imported."""
    return by_code(dataset, dataset.warnings())


def notice_codes(dataset: Dataset) -> list[ErrorCode]:
    """Everything that can be said of a valid row."""
    return by_code(dataset, dataset.notices())


def by_code(
    dataset: Dataset, requirements: Iterable[tuple[str | None, Requirement]]
) -> list[ErrorCode]:
    codes: dict[str, ErrorCode] = {}
    for code, column, messages, remedy in declared(dataset, requirements):
        entry = codes.setdefault(code, ErrorCode(code, error_title(code)))
        for cause in entry.causes:
            if (cause.messages, cause.remedy) == (messages, remedy):
                break
        else:
            cause = Cause(messages, remedy)
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
        ErrorCode(one.code, one.title, [Cause(messages_of(one), one.remedy)])
        for one in ALL
        if one.code not in others
    ]


def messages_of(refusal: Refusal) -> list[SafeString]:
    """Its message; none where all of that depends on the file."""
    says_something = any(re.search(r"\w", text) for text, *_ in fragments(refusal.message))
    return [worded(refusal.message, refusal)] if says_something else []


def hold_reasons(dataset: Dataset) -> list[tuple[HoldReason, str]]:
    """Every reason to hold a file of the data set, and its rule with the usual number."""
    if not dataset.can_hold:
        return []
    numbers = numbers_of(None)
    return [(reason, reason.rule_for(numbers.get(reason.code, 0))) for reason in HOLDS.values()]


def error_title(code: str) -> str:
    """The code of a row error as a title: DUPLICATE_SKU is "Duplicate SKU"."""
    first, *rest = (ACRONYMS.get(word, word) for word in code.lower().split("_"))
    return gettext(" ".join([first[:1].upper() + first[1:], *rest]))


def declared(
    dataset: Dataset, requirements: Iterable[tuple[str | None, Requirement]]
) -> Iterator[tuple[str, str, list[SafeString], Words]]:
    """Code, column's label, messages and remedy of each requirement."""
    labels = {None: gettext("Any column"), "": gettext("The whole row")}
    for key, rule in requirements:
        where = labels.get(key) or dataset.label(key or "")
        yield rule.code, where, [worded(each, rule) for each in rule.variants.values()], rule.remedy


def worded(template: Words, rule: object) -> SafeString:
    """A message template for people: limits are filled in, what depends on the row is "…"."""
    parts: list[tuple[str, str]] = []
    for text, name, form, _ in fragments(template):
        parts.append(("{}", text))
        if name == "field":
            parts.append(("{}", gettext("The value")))
        elif name and name.startswith("rule."):
            limit, _ = string.Formatter().get_field(name, (), {"rule": rule})
            parts.append(("{}", format(limit, form or "")))
        elif name:
            parts.append(("<var>{}</var>", "…"))
    return format_html_join("", "{}", ((format_html(markup, text),) for markup, text in parts))


def fragments(template: Words) -> Iterable[tuple[str, str | None, str | None, str | None]]:
    """Text, and the name and format of what follows it."""
    return string.Formatter().parse(str(template))


@dataclass(frozen=True)
class ApprovedList:
    column: Column
    names: list[str]


def approved_lists(dataset: Dataset) -> list[ApprovedList]:
    """For each column that takes approved values only, those values as they are now."""
    return [
        ApprovedList(column, rule.names())
        for column in dataset.columns
        if (rule := approved_in(column))
    ]
