"""Changes that can be rehearsed: another list of categories, another limit of a column."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext

from catalog.models import Category
from imports.dataset import Dataset
from imports.datasets.products import DATASET
from imports.rules.base import Rule
from imports.rules.text import approved_in

CATEGORY = "category"
# What a limit is called, and the field of a rule that holds it.
LIMITS = {"min": "at_least", "max": "at_most", "decimals": "decimals", "length": "limit"}


class NoSuchLimit(Exception):
    """The limit cannot be rehearsed. The message is shown to the user."""


@dataclass(frozen=True)
class RuleChange:
    """The data set of products before and after one rule of a column is replaced by another. Rows
    with the error `code` in that column may be affected, and those without any."""

    column: str
    code: str
    before: Dataset
    after: Dataset


def of_rule(key: str, present: Rule, before: Rule, after: Rule) -> RuleChange:
    """The column's `present` rule is read as `before`, and is to be `after`."""
    return RuleChange(
        key, present.code, with_rule(key, present, before), with_rule(key, present, after)
    )


def with_rule(key: str, present: Rule, rule: Rule) -> Dataset:
    column = copy(DATASET.by_key[key])
    column.rules = tuple(rule if each is present else each for each in column.rules)
    columns = (column if each.key == key else each for each in DATASET.columns)
    return replace(DATASET, columns=tuple(columns))


def of_categories(edits: Mapping[int | None, tuple[str, bool]]) -> RuleChange | None:
    """By the keys of categories, None for a new one: the name and whether it is to be active. None
    if the approved names stay the same."""
    stored: dict[int | None, tuple[str, bool]] = {
        pk: (name, is_active) for pk, name, is_active in categories()
    }
    before, after = approved(stored), approved({**stored, **edits})
    present = approved_in(DATASET.by_key[CATEGORY])
    if present is None or before == after:
        return None
    rules = [replace(present, names=names.copy, synonyms=dict) for names in (before, after)]
    return of_rule(CATEGORY, present, *rules)


def categories() -> list[tuple[int, str, bool]]:
    return list(Category.objects.order_by("name").values_list("pk", "name", "is_active"))


def approved(categories: Mapping[int | None, tuple[str, bool]]) -> list[str]:
    return [name for name, is_active in categories.values() if is_active]


def of_limit(text: str) -> RuleChange:
    """A change such as `price.max=5000`. Raises NoSuchLimit."""
    name, _, value = text.partition("=")
    for known, rule, attribute in limits():
        if known == name.strip():
            number = as_number(value.strip(), attribute, type(getattr(rule, attribute)))
            after = replace(rule, **{attribute: number})
            return of_rule(known.partition(".")[0], rule, rule, after)
    present = ", ".join(f"{known}={getattr(rule, field)}" for known, rule, field in limits())
    raise NoSuchLimit(
        gettext("There is no limit %(name)s. There are: %(limits)s.")
        % {"name": name, "limits": present}
    )


def limits() -> Iterator[tuple[str, Any, str]]:
    """Each limit of a column: its name, such as `price.max`, its rule and the rule's field. What
    identifies a product is stored without when a file said it."""
    for column in DATASET.columns:
        for rule in column.rules if column.key in DATASET.changeable else ():
            for limit, attribute in LIMITS.items():
                if hasattr(rule, attribute):
                    yield f"{column.key}.{limit}", rule, attribute


def as_number(text: str, attribute: str, kind: type[int] | type[Decimal]) -> int | Decimal:
    """The value of a limit. Raises NoSuchLimit."""
    least = 1 if attribute in ("decimals", "limit") else 0
    with suppress(ValueError, InvalidOperation):  # of a comparison with NaN, too
        number = kind(text)
        if number >= least:
            return number
    raise NoSuchLimit(gettext("“%(value)s” cannot be this limit.") % {"value": text})
