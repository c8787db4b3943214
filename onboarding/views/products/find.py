"""The row ledger: one search for a product, its changes, and every rejected row that named it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from imports.reports.ledger import MOST, MOST_CHARACTERS, look_up
from onboarding.views.products.products import uploads_by_id
from vendors.access import access_of


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    searched = request.GET.get("q", "").strip()
    found = look_up(searched, access)
    changed_by = {entry.change.upload_id for entry in found.changes} if found else set()
    return render(
        request,
        "onboarding/find.html",
        {
            "access": access,
            "searched": searched[:MOST_CHARACTERS],
            "found": found,
            "uploads": uploads_by_id(access, filter(None, changed_by)),
            "most": MOST,
            "max_length": MOST_CHARACTERS,
        },
    )
