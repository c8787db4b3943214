"""How the name of a category is stored and compared: one form for what looks the same."""

import unicodedata
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    TextField = models.CharField[str, str]
else:
    TextField = models.CharField


def tidy(name: str) -> str:
    """The name in Unicode's NFC form, with single spaces: as it is stored."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def comparable(name: str) -> str:
    """The name as it is compared: tidy, and without case."""
    return tidy(name).casefold()


class CategoryNameField(TextField):
    """A name that is tidy however it is saved or looked up."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return tidy(found) if isinstance(found, str) else found

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return tidy(found) if isinstance(found, str) else found
