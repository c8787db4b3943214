"""Times as programs read them."""

from datetime import UTC, datetime


def rfc_3339(at: datetime | None) -> str | None:
    """In UTC, to the millisecond: "2024-12-21T10:30:45.123Z". None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
