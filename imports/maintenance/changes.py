"""Deletes records about products past their time: their changes, and what files confirmed."""

import logging
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from catalog.models import ContentConfirmation, ProductChange
from imports.maintenance.retention import deleted_in_pieces

log = logging.getLogger(__name__)
# For longer than a file may wait before it is imported, be it as a message or for a retry.
CONFIRMED_DAYS = 30
MAX_DELETIONS = 100  # transactions of one sweep


def delete_changes() -> int:
    """Delete changes and confirmations past their time. Returns the number of changes."""
    old = Now() - timedelta(days=settings.AUDIT_KEPT_DAYS)
    deleted = delete_bounded(ProductChange.objects.filter(at__lt=old))
    old = Now() - timedelta(days=CONFIRMED_DAYS)
    delete_bounded(ContentConfirmation.objects.filter(content_at__lt=old))
    if deleted:
        log.info("deleted changes of products: %s", deleted)
    return deleted


def delete_bounded(rows: "QuerySet[Any]") -> int:
    """Delete the rows, or as many as one sweep may; the next sweep goes on."""
    return sum(islice(deleted_in_pieces(rows.order_by()), MAX_DELETIONS))
