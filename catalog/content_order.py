"""The order of content, field by field: which values of a record a file may still change.

A stamp says when content was stored, and by which upload, if any. Newer content has a higher stamp.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Self

NEVER = ""  # the stamp of a field that no content has set


@lru_cache
def stamp(at: datetime, by: str = "") -> str:
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')} {by}"


@lru_cache
def parts(written: str) -> tuple[datetime, str]:
    """When the content of a stamp was stored, and by which upload ("" if by none)."""
    at, _, by = written.partition(" ")
    return datetime.fromisoformat(at), by


@dataclass(frozen=True, slots=True)
class FieldStamps:
    """The stamps of a record's fields: one for most of them, and those of the others."""

    most: str = NEVER
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, at: datetime, by: str, times: str | None) -> Self:
        """From the columns of a record, `content_times` as JSON."""
        return cls(stamp(at, by), json.loads(times) if times else {})

    def of(self, name: str) -> str:
        return self.others.get(name, self.most)

    def edited(self, name: str, at: datetime) -> str:
        """The stamp of a field that a person sets at that time: higher than its present one, also
        if the clock of S3 is ahead of ours."""
        if (present := self.of(name)) == NEVER:
            return stamp(at)
        return stamp(max(at, parts(present)[0] + timedelta(microseconds=1)))

    def raised(self, stamps: Mapping[str, str]) -> Self:
        """With these stamps of fields, where they are higher."""
        higher = {name: own for name, own in stamps.items() if own > self.of(name)}
        return type(self)(self.most, {**self.others, **higher}) if higher else self

    def newer(self, names: Iterable[str], than: str) -> list[str]:
        """Those of the fields that content newer than this stamp has set."""
        if not self.others and self.most <= than:
            return []
        return [name for name in names if self.of(name) > than]

    def after(self, stamps: Mapping[str, str], fields: Iterable[str]) -> Self:
        """The stamps of all `fields`, and of others that have their own, once some have got these
        `stamps`."""
        fields = tuple(fields)
        if not self.others and self.most and 2 * len(stamps) < len(fields):
            return type(self)(self.most, {k: own for k, own in stamps.items() if own != self.most})
        every = {**{name: self.of(name) for name in (*fields, *self.others)}, **stamps}
        most = Counter(filter(None, every.values())).most_common(1)[0][0]
        return type(self)(most, {name: own for name, own in every.items() if own != most})

    def columns(self) -> tuple[datetime, str | None, str | None]:
        """What a record stores: `content_at`, `content_upload_id` and `content_times` as JSON."""
        at, by = parts(self.most)
        return at, by or None, json.dumps(self.others) if self.others else None
