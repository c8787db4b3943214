"""A vendor asks for a category, and may withdraw that until it is decided."""

from django.contrib.auth.models import User
from django.utils.translation import gettext

from catalog.category_names import comparable, tidy
from catalog.models import Category
from imports.models import CategoryRequest, RowError, Upload
from imports.rules.replacements import Value
from imports.wanted.waiting import COLUMN, NOT_APPROVED

MAX_NAME = 100  # characters, as of approved names
MOST_OPEN = 200  # requests of one vendor


class CannotAsk(Exception):
    """The category cannot be requested. The message is shown to the user."""


def can_be_wanted(upload: Upload, value: Value, error_type: str) -> bool:
    """Whether the error is one that a new category would resolve."""
    is_name = value.column == COLUMN and 0 < len(tidy(value.cell)) <= MAX_NAME
    return upload.vendor_id is not None and error_type == NOT_APPROVED and is_name


def ask(upload: Upload, value: Value, *, by: User | None) -> CategoryRequest:
    """Request the category that rows of the upload have; the open request, if there is one.

    Raises CannotAsk.
    """
    refuse(upload, value)
    wanted = CategoryRequest.wanted(value.cell, upload)
    request, _ = CategoryRequest.objects.get_or_create(
        vendor=upload.vendor,
        compared=wanted.compared,
        state=CategoryRequest.State.OPEN,
        defaults={"upload": upload, "name": wanted.name, "asked_by": by},
    )
    return request


def refuse(upload: Upload, value: Value) -> None:
    """Raise CannotAsk if this may not be requested."""
    errors = RowError.objects.of_run(upload).errors()
    mistakes = errors.filter(column_name=value.column, cell=value.cell, error_type=NOT_APPROVED)
    if not can_be_wanted(upload, value, NOT_APPROVED) or not mistakes.exists():
        raise CannotAsk(gettext("This is not a category of rejected rows of this upload."))
    if comparable(value.cell) in map(comparable, Category.approved_names()):
        raise CannotAsk(
            gettext("This category is approved now. Check and import these rows again.")
        )
    opened = CategoryRequest.objects.filter(
        vendor=upload.vendor_id, state=CategoryRequest.State.OPEN
    )
    if opened.count() >= MOST_OPEN:
        raise CannotAsk(
            gettext("You have %(most)s open requests. Wait for them, or withdraw some.")
            % {"most": MOST_OPEN}
        )


def withdraw(upload: Upload, number: int) -> bool:
    """Delete an open request of the upload's vendor. Returns whether there was one."""
    if upload.vendor_id is None:
        return False
    found = CategoryRequest.objects.filter(
        pk=number, vendor=upload.vendor_id, state=CategoryRequest.State.OPEN
    )
    return bool(found.delete()[0])


def requests_about(upload: Upload) -> dict[str, CategoryRequest]:
    """The newest request of the upload's vendor for each name, as names are compared: those asked
    on the upload's page, and those that are open."""
    if upload.vendor_id is None:
        return {}
    asked = CategoryRequest.objects.filter(vendor=upload.vendor_id).select_related("category")
    here = asked.filter(upload=upload) | asked.filter(state=CategoryRequest.State.OPEN)
    return {each.compared: each for each in here.order_by("asked_at", "pk")}


def open_names() -> int:
    """How many names wait for a decision."""
    opened = CategoryRequest.objects.order_by().filter(state=CategoryRequest.State.OPEN)
    return opened.values("compared").distinct().count()
