"""What is asked of a file, and the words in which a data set asks it."""

from imports.rules.base import Required
from imports.rules.columns import Column
from imports.rules.keys import Fixed, Unique
from imports.rules.numbers import Number, Whole
from imports.rules.rows import RowRule
from imports.rules.text import MaxLength, OneOf, Pattern, WebAddress

__all__ = [
    "Column",
    "Fixed",
    "MaxLength",
    "Number",
    "OneOf",
    "Pattern",
    "Required",
    "RowRule",
    "Unique",
    "WebAddress",
    "Whole",
]
