"""Suggestions for the vendor field of the upload form: there may be 10,000 vendors."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vendors.access import access_of
from vendors.models import Vendor, VendorQuerySet

MAX_SUGGESTED = 20


def vendors(request: HttpRequest) -> HttpResponse:
    """The first vendors whose ID or name holds what was typed, as options of the field."""
    access = access_of(request.user)
    if not (access.sees_all and access.acts):
        raise PermissionDenied("sends files for no vendor but their own")
    found = suggested(Vendor.objects.visible_to(access), request.GET.get("vendor", ""))
    return render(request, "onboarding/vendors.html", {"vendors": found})


def suggested(vendors: VendorQuerySet, typed: str) -> VendorQuerySet:
    typed = typed.replace("\0", "").strip()
    return vendors.filter(Q(vendor_id__icontains=typed) | Q(name__icontains=typed))[:MAX_SUGGESTED]
