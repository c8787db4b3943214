"""The catalog as a vendor sees it: the list of products, and one product with its history."""

import logging
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.history import content_of, history_of
from catalog.models import Product, ProductQuerySet
from imports.datasets.products import DATASET
from imports.exports.answers import table_file, whole_file
from imports.formats.file_types import XLSX
from imports.models import Upload
from imports.reports.catalog_file import catalog_table, catalog_workbook
from imports.reports.quality import quality_of
from onboarding.products.product_list import ProductFilterForm, ProductPaginator
from vendors.access import Access, access_of

log = logging.getLogger(__name__)
NO_WORKBOOK = _(
    "An Excel file can have %(limit)s products. Filter the list, or download all of them as CSV."
)


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    access = access_of(request.user)
    form = ProductFilterForm(access, request.GET)
    found = form.find(Product.objects.visible_to(access))
    paginator = ProductPaginator(found, is_search=bool(form.search))
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
            "fits_workbook": len(paginator.keys) <= DATASET.row_limit,
            "quality": quality_of(access),
            "is_selected": request.GET.get("select") == "page",
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


@require_safe
def export_csv(request: HttpRequest, token: str = "") -> HttpResponse:
    """The products that match, in the shape of the template."""
    found = wanted(request)
    if found is None:
        return back_to_list(request)
    return table_file(
        request,
        token,
        "products",
        catalog_table(DATASET, found),
        page="onboarding/export.html",
        address=lambda token: reverse("products_csv", args=[token] if token else []),
    )


@require_safe
def export_workbook(request: HttpRequest) -> HttpResponse:
    """The same as a workbook, if it can be uploaded as one file."""
    found = wanted(request)
    if found is not None and found.order_by()[DATASET.row_limit :].exists():
        messages.error(request, NO_WORKBOOK % {"limit": intcomma(DATASET.row_limit)})
        found = None
    if found is None:
        return back_to_list(request)
    rows = catalog_workbook(DATASET, found.order_by("-product_id"))
    return whole_file(request, "products", "xlsx", XLSX, rows)


def wanted(request: HttpRequest) -> ProductQuerySet | None:
    """The products to export; None if a filter is invalid."""
    form = ProductFilterForm(access := access_of(request.user), request.GET)
    found = form.find(Product.objects.visible_to(access))
    if form.errors:
        return None
    log.info("user %s exports products", request.user.pk)
    return found


def back_to_list(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('products')}?{request.GET.urlencode()}")
