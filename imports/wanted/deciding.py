"""Staff decide about a wanted name, for all vendors who asked for it at once."""

from collections.abc import Sequence
from contextlib import suppress

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django.utils.translation import gettext

from catalog.category_names import comparable, tidy
from catalog.models import Category
from imports.mapping.values import remember_values
from imports.models import CategoryRequest
from imports.notifications import category_decided
from imports.rules.replacements import Value
from imports.wanted.waiting import COLUMN, waiting_for
from imports.webhooks import events

State = CategoryRequest.State


class CannotDecide(Exception):
    """The decision is not possible. The message is shown to the user."""


def approve(compared: str, *, name: str, by: User | None) -> Category:
    """Add the category in this spelling, or activate the inactive one of this name.

    Raises CannotDecide.
    """
    if comparable(name) != compared:
        raise CannotDecide(gettext("Only upper and lower case may differ from what was requested."))
    with transaction.atomic():
        requests = open_requests(compared)
        category = category_called(compared)
        if category is None:
            category = add(tidy(name))
        elif not category.is_active:
            category.is_active = True
            category.save(update_fields=["is_active"])
        decide(requests, State.APPROVED, category=category, by=by)
    return category


def map_to(compared: str, category: Category, *, by: User | None) -> None:
    """Read the name as an approved category, in the files of the vendors who asked.

    Raises CannotDecide.
    """
    with transaction.atomic():
        requests = open_requests(compared)
        if not Category.objects.filter(pk=category.pk, is_active=True).exists():
            raise CannotDecide(gettext("This category is not active."))
        remember(compared, requests, category.name, by=by)
        decide(requests, State.MAPPED, category=category, by=by)


def decline(compared: str, *, note: str, by: User | None) -> None:
    """Decline the name, and email each vendor who asked the reason. Raises CannotDecide."""
    if not note.strip():
        raise CannotDecide(gettext("Enter a note that says why. The vendor reads it."))
    with transaction.atomic():
        requests = open_requests(compared)
        decide(requests, State.DECLINED, note=note.strip(), by=by)
        for request in requests:
            category_decided.prepare(request)


def open_requests(compared: str) -> list[CategoryRequest]:
    """The open requests for a name, locked. Raises CannotDecide if there are none."""
    found = CategoryRequest.objects.filter(compared=compared, state=State.OPEN)
    locked = list(found.select_for_update(of=("self",)).select_related("upload", "vendor"))
    if not locked:
        raise CannotDecide(gettext("This was already decided, or withdrawn."))
    return locked


def decide(
    requests: Sequence[CategoryRequest],
    state: CategoryRequest.State,
    *,
    category: Category | None = None,
    note: str = "",
    by: User | None,
) -> None:
    at = now()
    for each in requests:
        each.state, each.category, each.note = state, category, note
        each.decided_by, each.decided_at = by, at
        each.save()
        if state != State.DECLINED:
            events.category_approved(each)


def category_called(compared: str) -> Category | None:
    """The category of that name, active or not."""
    return next(
        (each for each in Category.objects.all() if comparable(each.name) == compared), None
    )


def add(name: str) -> Category:
    try:
        with transaction.atomic():
            return Category.objects.create(name=name)
    except IntegrityError as error:
        raise CannotDecide(gettext("This category was just added. Try again.")) from error


def remember(
    compared: str, requests: Sequence[CategoryRequest], text: str, *, by: User | None
) -> None:
    """Read the name as `text` in the next files of each vendor, in the spellings it has used."""
    vendors = {request.vendor_id: request for request in requests}
    spellings = {vendor: {request.name} for vendor, request in vendors.items()}
    for each in waiting_for([requests[0].name], vendors).get(compared, []):
        spellings[str(each.upload.vendor_id)].update(each.cells)
    for vendor, request in vendors.items():
        known = {Value(COLUMN, cell): text for cell in spellings[vendor]}
        remember_values(request.upload, known, by=by)


def notice_approved() -> int:
    """Settle open requests for names that staff have approved in the list of categories."""
    opened = CategoryRequest.objects.filter(state=State.OPEN)
    wanted = set(opened.values_list("compared", flat=True))
    if not wanted:
        return 0
    approved = {comparable(name): name for name in Category.approved_names()}
    for compared in wanted & approved.keys():
        with suppress(CannotDecide):  # it was withdrawn, or decided, in the meantime
            approve(compared, name=approved[compared], by=None)
    return len(wanted & approved.keys())
