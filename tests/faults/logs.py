"""The records in the log of a process that writes JSON."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One record. `logger` and `level` are "" for output that is not of a logger, such as that of
    a process that cannot start."""

    message: str
    logger: str = ""
    level: str = ""
    traceback: str = ""


def records(log: str) -> Iterator[Record]:
    """The records in order; other lines that follow each other are one record."""
    other: list[str] = []
    for line in log.splitlines():
        entry = None
        with suppress(ValueError):
            entry = json.loads(line)
        if not isinstance(entry, dict):
            other.append(line)
            continue
        if other:
            yield Record("\n".join(other))
            other = []
        if "levelname" in entry:  # the others are metrics
            yield Record(
                entry["message"], entry["name"], entry["levelname"], entry.get("exc_info") or ""
            )
    if other:
        yield Record("\n".join(other))
