"""What a web address in the catalog is: one rule for the import and for staff's form."""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

MAX_CHARACTERS = 500
# The site, without a user name and password, and what follows it: no blanks, no markup.
PARTS = re.compile(r"(https?://[^/?#@\s|]+)(?:[/?#][^\s<>\"|]*)?", re.IGNORECASE)
SCHEME = re.compile(r"https?://", re.IGNORECASE)
SEVERAL = re.compile(r"[,;|\s]https?://", re.IGNORECASE)
SITE = URLValidator(schemes=["http", "https"])


def is_web_address(text: str) -> bool:
    """An absolute http or https address that can be followed from anywhere."""
    if len(text) > MAX_CHARACTERS or not (parts := PARTS.fullmatch(text)) or SEVERAL.search(text):
        return False
    return is_site(parts[1])


@lru_cache(maxsize=1_000)  # the pictures of a file lie on few sites, and the validator is slow
def is_site(text: str) -> bool:
    try:
        SITE(text)
    except ValidationError:
        return False
    return True


def validate_web_address(text: str) -> None:
    if not is_web_address(text):
        raise ValidationError(
            "Enter a full web address, such as https://example.com/picture.jpg.", code="invalid"
        )
