"""Keys that rows cannot share, and columns that an update cannot change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unique:
    """A key that two rows cannot share: a column, or several of which the first is named to the
    vendor. `scope` says among whose rows it is unique. Messages take {value} and {row}."""

    column: str
    code: str
    scope: str  # "platform" or "vendor"
    taken: str  # message when a row of another upload, or of someone else, holds it; "": no clash
    repeated: str  # message when an earlier row of this file holds it
    remedy: str
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.also)


@dataclass(frozen=True)
class Fixed:
    """A column that mode `update` cannot change. `message` takes {stored} and {value}."""

    column: str
    code: str
    message: str
    remedy: str
