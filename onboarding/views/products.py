"""The catalog as a vendor sees it: the list of products, and one product with its history."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.history import content_of, history_of
from catalog.models import Product
from imports.models import Upload
from onboarding.product_list import ProductFilterForm, ProductPaginator
from vendors.access import Access, access_of


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    form = ProductFilterForm(request.GET)
    found = form.filter(Product.objects.visible_to(access))
    paginator = ProductPaginator(found, form.search)
    upload_id = form.cleaned_data.get("upload", "")
    return render(
        request,
        "onboarding/products.html",
        {
            "access": access,
            "form": form,
            "page": paginator.get_page(request.GET.get("page")),
            "upload": uploads_by_id(access, [upload_id]).get(upload_id),
            "is_filtered": form.has_filters,
        },
    )


@require_safe
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    access = access_of(request.user)
    visible = Product.objects.visible_to(access).select_related("vendor")
    shown = get_object_or_404(visible, pk=product_id)
    history = history_of(shown, request.GET.get("page"))
    named = {shown.upload_id, *(entry.change.upload_id for entry in history)}
    uploads = uploads_by_id(access, filter(None, named))
    return render(
        request,
        "onboarding/product.html",
        {
            "access": access,
            "product": shown,
            "cells": content_of(shown),
            "source": uploads.get(shown.upload_id or ""),
            "page": history,
            "history": [(each, uploads.get(each.change.upload_id or "")) for each in history],
        },
    )


def uploads_by_id(access: Access, wanted: Iterable[str]) -> dict[str, Upload]:
    """Those that still exist and that the person may see."""
    uploads = Upload.objects.visible_to(access).filter(pk__in=wanted)
    return {upload.pk: upload for upload in uploads.only("upload_id", "file_name")}
