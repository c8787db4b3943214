"""Deliveries: which one is next, and who may still change it. The times are by the database's
clock."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from imports.execution.clock import database_now
from imports.execution.lease import Fenced
from imports.models import Delivery

D = TypeVar("D", bound=Delivery)


def next_due(deliveries: "QuerySet[D, D]") -> D | None:
    """The one that has been due the longest, locked until the end of the transaction; None when
    nothing is due. Those that another worker is claiming are skipped."""
    # Most often nothing is: without the columns of all joined tables, Django asks in a third of
    # the time.
    due = deliveries.select_for_update(skip_locked=True).filter(next_attempt_at__lte=Now())
    found = due.order_by("next_attempt_at").values_list("pk", flat=True).first()
    return None if found is None else deliveries.get(pk=found)


def lock(delivery: Delivery) -> None:
    """Lock the row until the end of the transaction. Raises Fenced if its token has risen, or the
    row is gone."""
    rows = type(delivery)._default_manager.select_for_update()
    if not rows.filter(pk=delivery.pk, token=delivery.token).values_list("pk").first():
        raise Fenced(str(delivery))


def is_late(delivery: Delivery) -> bool:
    """Whether a failed attempt was the last one."""
    return delivery.tried_until is not None and delivery.tried_until < database_now()


def deliver_for_a_slice(deliver_next: Callable[[], bool], hint: Callable[[], bool]) -> None:
    """Deliver what is due until `deliver_next` has delivered nothing, or the time of a slice is
    over; then send a hint that there is more."""
    deadline = time.monotonic() + settings.SLICE_SECONDS
    while deliver_next():
        if time.monotonic() >= deadline:
            hint()
            return
