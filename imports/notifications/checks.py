"""System checks, which every management command runs first, such as that of a release."""

from typing import Any

from django.conf import settings
from django.core import checks

from imports import datasets


@checks.register
def mailboxes_of_known_data_sets(**_: Any) -> list[checks.CheckMessage]:
    """A misspelled data set would send its emails to staff's mailbox."""
    unknown = sorted(settings.NOTIFICATION_EMAILS.keys() - datasets.all_datasets().keys())
    return [
        checks.Error(f"NOTIFICATION_EMAILS: there is no data set {key!r}.", id="imports.E001")
        for key in unknown
    ]
