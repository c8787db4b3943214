"""Rows whose outcome a change would turn."""

from collections import Counter
from dataclasses import dataclass, field

EXAMPLES = 10


@dataclass(frozen=True)
class Example:
    """A row that would have another outcome: what it calls its product, the upload it came with,
    its number there ("" if that is not stored), and its product if it has one."""

    vendor_id: str
    name: str
    value: str
    upload_id: str
    row: int | None = None
    product_id: int | None = None


@dataclass
class Flips:
    """How many rows of which vendors, and the newest of them."""

    by_vendor: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.by_vendor.total()

    @property
    def vendors(self) -> list[tuple[str, int]]:
        """Those with the most rows first."""
        return self.by_vendor.most_common()

    def __bool__(self) -> bool:
        return bool(self.by_vendor)
