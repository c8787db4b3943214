"""Values that a vendor has said to read as others, where they would break a rule."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from imports.rules.base import RowProblem, notice
from imports.rules.cells import Everywhere
from imports.rules.columns import Column


class Value(NamedTuple):
    """A text in a column of ours, by its key: as cells are compared, "" for empty cells."""

    column: str
    cell: str


# By the key of a column: what its texts, as cells are compared, are to be read as.
Replacements = Mapping[str, Mapping[str, str]]

REPLACED = Everywhere(
    "REPLACED",
    {"replaced": _("{field} '{value}' was read as '{text}', as you asked us to")},
    remedy=_("If that is no longer right, delete it under “Remembered columns and values”."),
)


def replaced(column: Column, cell: str, text: str) -> RowProblem:
    """The notice about a cell that was read as another text."""
    return notice(REPLACED, column.key, "replaced", field=column.label, value=cell, text=text)
