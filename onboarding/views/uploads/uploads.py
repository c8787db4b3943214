"""The list of uploads, with totals over all of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from imports.models import Upload
from imports.reports.corrections import corrected
from onboarding.uploads.forms import UploadFilterForm
from onboarding.uploads.upload_list import PER_PAGE, CountedPaginator, totals_of
from vendors.access import access_of


def uploads(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    form = UploadFilterForm(access, request.GET)
    found = form.filter(Upload.objects.visible_to(access))
    totals = totals_of(found)
    shown = found.select_related("vendor", "uploaded_by").defer("layout")
    paginator = CountedPaginator(shown, PER_PAGE, count=totals.uploads)
    page = paginator.get_page(request.GET.get("page"))
    return render(
        request,
        "onboarding/uploads.html",
        {
            "access": access,
            "form": form,
            "page": page,
            "corrected": corrected(page),
            "totals": totals,
            "is_filtered": form.has_filters,
            "is_moving": any(upload.is_unfinished for upload in page),
        },
    )
