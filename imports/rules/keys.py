"""Keys that rows cannot share, and columns that an update cannot change."""

from collections.abc import Mapping
from dataclasses import dataclass

from imports.rules.wording import Words


@dataclass(frozen=True)
class Unique:
    """A key that two rows cannot share: a column, or several of which the first is named to the
    vendor. `scope` says among whose rows it is unique. Messages take {value} and {row}."""

    column: str
    code: str
    scope: str  # "platform" or "vendor"
    taken: Words  # when a row of another upload, or of another vendor, holds it; "": never reported
    repeated: Words  # when an earlier row of this file holds it
    remedy: Words
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.also)

    @property
    def variants(self) -> Mapping[str, Words]:
        both = {"taken": self.taken, "repeated": self.repeated}
        return {variant: words for variant, words in both.items() if words}


@dataclass(frozen=True)
class Newest:
    """Mode `update` changes a field of a record unless newer content has set it. A row that does
    not change all its fields for that reason is valid and gets a notice. Messages take {when}, the
    newer file's name as {value}, and, if the row changes other fields, the kept ones as {fields}.
    """

    column: str
    code: str
    by_file: Words
    by_hand: Words  # when no upload that we know changed the record
    some_by_file: Words
    some_by_hand: Words
    remedy: Words

    @property
    def variants(self) -> Mapping[str, Words]:
        return {
            "by_file": self.by_file,
            "by_hand": self.by_hand,
            "some_by_file": self.some_by_file,
            "some_by_hand": self.some_by_hand,
        }


@dataclass(frozen=True)
class Fixed:
    """A column that mode `update` cannot change. `message` takes {stored} and {value}."""

    column: str
    code: str
    message: Words
    remedy: Words

    @property
    def variants(self) -> Mapping[str, Words]:
        return {"changed": self.message}
