"""What is required of a file, and the vocabulary in which a data set declares it."""

from imports.rules.base import Required
from imports.rules.columns import Column
from imports.rules.gtin import Gtin, UnrestrictedGtin
from imports.rules.keys import Fixed, Newest, Unique
from imports.rules.numbers import Number, Whole
from imports.rules.rows import RowRule
from imports.rules.text import Approved, MaxLength, OneOf, Pattern, WebAddress

__all__ = [
    "Approved",
    "Column",
    "Fixed",
    "Gtin",
    "MaxLength",
    "Newest",
    "Number",
    "OneOf",
    "Pattern",
    "Required",
    "RowRule",
    "Unique",
    "UnrestrictedGtin",
    "WebAddress",
    "Whole",
]
