"""The page that edits one product, under the rules of files."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalog.models import Product, ProductQuerySet
from config.database.locks import waited_too_long_for_lock
from onboarding.products.product_edit import ProductForm
from onboarding.views.uploads.upload import by
from vendors.access import access_of


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, product_id: int) -> HttpResponse:
    products = seen_by(request)
    product = get_object_or_404(products.select_related("vendor"), pk=product_id)
    if not access_of(request.user).acts:
        raise PermissionDenied("may view products, not edit them")
    if request.method != "POST":
        return edit_page(request, ProductForm(product, today=now().date()))
    try:
        with transaction.atomic():
            # Locked, so that what is compared with what the form showed is what is replaced.
            product = get_object_or_404(products.select_for_update(), pk=product_id)
            form = ProductForm(product, request.POST, today=now().date())
            if form.is_wrong:
                return edit_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
            if form.conflicts:
                return edit_page(request, form, status=HTTPStatus.CONFLICT)
            if form.changes:
                for name, value in form.changes.items():
                    setattr(product, name, value)
                product.save_edit(form.changes, by=by(request))
    except OperationalError as error:
        if not waited_too_long_for_lock(error):
            raise
        form = ProductForm(product, request.POST, today=now().date())
        return edit_page(request, form, status=HTTPStatus.SERVICE_UNAVAILABLE)
    say_what_was_done(request, form)
    return redirect("product", product_id)


def seen_by(request: HttpRequest) -> ProductQuerySet:
    """The products that the person may see."""
    return Product.objects.visible_to(access_of(request.user))


def edit_page(
    request: HttpRequest, form: ProductForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    page = {
        "product": form.product,
        "form": form,
        "is_locked": status == HTTPStatus.SERVICE_UNAVAILABLE,
    }
    return render(request, "onboarding/product_edit.html", page, status=status)


def say_what_was_done(request: HttpRequest, form: ProductForm) -> None:
    if form.changes:
        messages.success(request, gettext("Changes saved."))
    else:
        messages.info(
            request, gettext("Nothing was changed: the product already has these values.")
        )
    for key, found in form.judged.warnings.items():
        if key in form.changes:
            for each in found:
                messages.warning(request, f"{each.sentence} {each.remedy}")
