"""The row ledger for staff: one search for a product, its changes, and rejected rows."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from imports.reports.ledger import MOST, MOST_CHARACTERS, look_up
from vendors.access import VIEW_UPLOADS, access_of

NEEDS = (VIEW_UPLOADS, "imports.view_rowerror", "catalog.view_product")


def page(request: HttpRequest) -> TemplateResponse:
    """Raises PermissionDenied for users who may not view uploads, row errors and products."""
    if not request.user.has_perms(NEEDS):
        raise PermissionDenied
    searched = request.GET.get("q", "").strip()
    context = {
        **admin.site.each_context(request),
        "title": gettext("Find a SKU or ID"),
        "searched": searched[:MOST_CHARACTERS],
        "found": look_up(searched, access_of(request.user)),
        "most": MOST,
        "max_length": MOST_CHARACTERS,
    }
    return TemplateResponse(request, "imports/admin/ledger.html", context)
