"""The summary of what a check found, as an upload stores it."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from imports.models.upload import Upload

EXAMPLES = 20
MOVES = 10


@dataclass(frozen=True)
class Example:
    """A row that would change a product: the product's identity, and its fields by key."""

    row: int
    identity: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Move:
    """A row that would change a price."""

    row: int
    identity: str
    before: str
    after: str

    @property
    def size(self) -> float:
        """The same for a price that doubles and one that halves."""
        return abs(math.log(float(self.after) / float(self.before)))

    @property
    def percent(self) -> int:
        return round((float(self.after) / float(self.before) - 1) * 100)


@dataclass(frozen=True)
class Plan:
    """How many rows would change each field; the first ones as examples; the largest price moves,
    the largest first."""

    fields: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    @classmethod
    def of(cls, upload: Upload) -> Self:
        stored = upload.plan or {}
        return cls(
            stored.get("fields", {}),
            [Example(**each) for each in stored.get("examples", [])],
            [Move(**each) for each in stored.get("moves", [])],
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
