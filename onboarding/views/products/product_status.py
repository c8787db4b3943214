"""Deactivates and reactivates products: one, those selected in the list, or all that match."""

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from catalog.models import Product
from catalog.status import MOST_AT_ONCE, REPLACES, set_in_pieces
from config.database.locks import waited_too_long_for_lock
from onboarding.products.product_list import PER_PAGE, ProductFilterForm
from onboarding.views.uploads.upload import by
from vendors.access import Access, access_of

MOST_KEY = 2**31 - 1
NOT_OF_THE_LIST = ("to", "select")


@require_POST
def product_status(request: HttpRequest, product_id: int) -> HttpResponse:
    """The button on a product's page."""
    access = access_of(request.user)
    product = get_object_or_404(Product.objects.visible_to(access), pk=product_id)
    refuse_viewers(access)
    set_and_say(request, [product.pk], wanted_status(request.POST.get("to")))
    return redirect("product", product_id)


@require_http_methods(["GET", "HEAD", "POST"])
def products_status(request: HttpRequest) -> HttpResponse:
    """The buttons of the list. For all products that match its filters, it asks first."""
    access = access_of(request.user)
    refuse_viewers(access)
    if request.method != "POST":
        return confirm(request, access) if is_status(request.GET.get("to")) else to_list(request)
    if "number" in request.POST:
        return set_matching(request, access)
    keys = [int(text) for text in request.POST.getlist("product")[:PER_PAGE] if is_key(text)]
    status = wanted_status(request.POST.get("to"))
    if keys:
        visible = Product.objects.visible_to(access).filter(pk__in=keys)
        set_and_say(request, [*visible.values_list("pk", flat=True)], status)
    else:
        messages.error(request, gettext("Select at least one product."))
    return to_list(request)


def set_matching(request: HttpRequest, access: Access) -> HttpResponse:
    """Set the status of all products that match, if they are as many as the page has said. Those
    that were added since are left alone."""
    status = wanted_status(request.GET.get("to"))
    number, last = request.POST["number"], request.POST.get("last", "")
    form = ProductFilterForm(access, request.GET)
    keys = matching(form, access, status, last=int(last) if is_key(last) else 0)
    is_as_said = not keys or (len(keys) <= MOST_AT_ONCE and str(len(keys)) == number)
    if form.errors or not is_as_said:
        return confirm(request, access, has_changed=True)
    set_and_say(request, keys, status)
    return to_list(request)


def confirm(request: HttpRequest, access: Access, *, has_changed: bool = False) -> HttpResponse:
    """The page that says how many products would be changed, and asks."""
    status = wanted_status(request.GET.get("to"))
    form = ProductFilterForm(access, request.GET)
    keys = matching(form, access, status)
    if form.errors or len(keys) > MOST_AT_ONCE or not keys:
        if len(keys) > MOST_AT_ONCE:
            too_many = gettext(
                "More than %(most)s products match. Search or filter for fewer, then try again."
            )
            messages.error(request, too_many % {"most": intcomma(MOST_AT_ONCE)})
        elif not form.errors:
            messages.info(request, said(status, 0))
        return to_list(request)
    vendors = Product.objects.filter(pk__in=keys).order_by().values("vendor").distinct()
    page = {
        "access": access,
        "deactivates": status == Product.Status.INACTIVE,
        "number": len(keys),
        "last": max(keys),
        "vendors": vendors.count() if access.sees_all else 1,
        "chosen": form.chosen,
        "has_changed": has_changed,
        "list": reverse("products") + query_of_list(request),
    }
    code = HTTPStatus.CONFLICT if has_changed else HTTPStatus.OK
    return render(request, "onboarding/products_status.html", page, status=code)


def matching(
    form: ProductFilterForm, access: Access, status: Product.Status, *, last: int = MOST_KEY
) -> list[int]:
    """The keys of the products that match and that the status can be set in: at most one more than
    can be changed at once, and none after `last`."""
    found = form.find(Product.objects.visible_to(access)).filter(
        status=REPLACES[status], pk__lte=last
    )
    newest = found.order_by("-product_id").values_list("pk", flat=True)
    return [*newest[: MOST_AT_ONCE + 1]]


def set_and_say(request: HttpRequest, keys: Sequence[int], status: Product.Status) -> None:
    """Set the status and say in how many products. If an import keeps some of them locked, those
    before are changed."""
    changed = 0
    try:
        for number in set_in_pieces(keys, status, by=by(request)):
            changed += number
    except OperationalError as error:
        if not waited_too_long_for_lock(error):
            raise
        locked = gettext(
            "We’re importing a file with these products right now. Wait a few seconds, then try "
            "again."
        )
        messages.error(request, " ".join([said(status, changed), locked] if changed else [locked]))
    else:
        (messages.success if changed else messages.info)(request, said(status, changed))


def said(status: Product.Status, number: int) -> str:
    """What was done to so many products."""
    if status == Product.Status.INACTIVE:
        words = ngettext("1 product deactivated.", "%(number)s products deactivated.", number)
        nothing = gettext("Nothing was changed: none of these products is active.")
    else:
        words = ngettext("1 product reactivated.", "%(number)s products reactivated.", number)
        nothing = gettext("Nothing was changed: none of these products is inactive.")
    return words % {"number": intcomma(number)} if number else nothing


def refuse_viewers(access: Access) -> None:
    if not access.acts:
        raise PermissionDenied("may view products, not change their status")


def is_status(text: str | None) -> bool:
    return text in Product.Status.values


def wanted_status(text: str | None) -> Product.Status:
    """Raises BadRequest if the text is no status."""
    if text is None or not is_status(text):
        raise BadRequest(f"no status of a product: {text!r}")
    return Product.Status(text)


def is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MOST_KEY


def to_list(request: HttpRequest) -> HttpResponse:
    """Back to the list, with its filters."""
    return redirect(reverse("products") + query_of_list(request))


def query_of_list(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in NOT_OF_THE_LIST:
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""
