"""Lists in parts: a cursor says behind which entry the next part begins."""

import base64
import binascii
import json
from typing import Any

from onboarding.api.problems import Problem


def cursor_of(*values: Any) -> str:
    """A text that stands in an address, for the last entry of a part."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def values_of(cursor: str, *types: type) -> list[Any]:
    """The values that the cursor was made of. Raises Problem for any other text."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Problem("INVALID_CURSOR") from error
    if not isinstance(values, list) or list(map(type, values)) != list(types):
        raise Problem("INVALID_CURSOR")
    return values
