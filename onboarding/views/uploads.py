"""Which uploads there were, and what came of them all together."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from imports.models import Upload
from onboarding.forms import HistoryForm
from onboarding.upload_list import Pages, totals_of
from vendors.access import access_of


def uploads(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    form = HistoryForm(request.GET)
    asked_for = form.narrow(Upload.objects.visible_to(access))
    totals = totals_of(asked_for)
    pages = Pages.of(request.GET.get("page"), totals.uploads)
    shown = asked_for.select_related("vendor", "uploaded_by").defer("layout")[pages.piece]
    return render(
        request,
        "onboarding/uploads.html",
        {
            "access": access,
            "form": form,
            "uploads": shown,
            "totals": totals,
            "pages": pages,
            "is_narrowed": form.asks_for_something,
        },
    )
