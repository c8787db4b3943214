"""The quality score of the person's vendor, and the file that raises it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from catalog.models import Product
from imports.dataset import Dataset
from imports.exports.answers import whole_file
from imports.exports.parts import CSV
from imports.formats.file_types import XLSX
from imports.reports.catalog_file import catalog_csv, catalog_workbook
from imports.reports.quality import MOST, TO_FILL_IN, lines_of, quality_of, to_improve
from vendors.access import Access, access_of

log = logging.getLogger(__name__)


def member_access(request: HttpRequest) -> Access:
    """Raises PermissionDenied for those who work for no vendor: staff see it in the admin."""
    access = access_of(request.user)
    if access.vendor_id is None:
        raise PermissionDenied("only members have a vendor")
    return access


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    access = member_access(request)
    found = quality_of(access)
    page = {
        "access": access,
        "quality": found,
        "lines": lines_of(found) if found else [],
        "complete": found.products - found.incomplete if found else 0,
        "in_file": min(found.incomplete, MOST) if found else 0,
        "left": max(found.incomplete - MOST, 0) if found else 0,
    }
    return render(request, "onboarding/quality.html", page)


@require_safe
def improve_csv(request: HttpRequest) -> HttpResponse:
    """The products that lack something, with empty cells to fill in."""
    return to_fill_in(request, catalog_csv, "csv", CSV)


@require_safe
def improve_workbook(request: HttpRequest) -> HttpResponse:
    """The same as a workbook."""
    return to_fill_in(request, catalog_workbook, "xlsx", XLSX)


def to_fill_in(
    request: HttpRequest,
    write: Callable[[Dataset, QuerySet[Any]], Iterator[bytes]],
    extension: str,
    media_type: str,
) -> HttpResponse:
    found = to_improve(Product.objects.visible_to(member_access(request)))
    if not found.exists():
        return redirect("quality")
    log.info("user %s downloads products to complete", request.user.pk)
    rows = write(TO_FILL_IN, found)
    return whole_file(request, "products-to-complete", extension, media_type, rows)
