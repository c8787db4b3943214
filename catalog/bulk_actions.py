"""Staff's actions on many products: a page that says what will change, then the change."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import OperationalError, transaction
from django.db.models import Count
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.bulk import MOST_AT_ONCE, in_pieces, set_field
from catalog.history import LABELS
from catalog.models import Category, Product, ProductQuerySet
from catalog.status import REPLACES
from config.admin_base import ModelAdmin
from config.database.locks import waited_too_long_for_lock

if TYPE_CHECKING:
    Base = ModelAdmin
else:
    Base = object

SHOWN = 10  # products that are named before they are changed
MAX_DIGITS = 10  # of a number that a page has sent
TITLES = {
    "category": _("Change category"),
    Product.Status.INACTIVE: _("Deactivate products"),
    Product.Status.ACTIVE: _("Reactivate products"),
}


class BulkActions(Base):
    """Deactivate, reactivate, change the category. Every change is recorded with who made it."""

    actions: Any = ("deactivate_selected", "reactivate_selected", "change_category_selected")

    @admin.action(description=_("Deactivate selected products"), permissions=["change"])
    def deactivate_selected(
        self, request: HttpRequest, queryset: ProductQuerySet
    ) -> TemplateResponse | None:
        return self._set_status(request, queryset, Product.Status.INACTIVE)

    @admin.action(description=_("Reactivate selected products"), permissions=["change"])
    def reactivate_selected(
        self, request: HttpRequest, queryset: ProductQuerySet
    ) -> TemplateResponse | None:
        return self._set_status(request, queryset, Product.Status.ACTIVE)

    def _set_status(
        self, request: HttpRequest, queryset: ProductQuerySet, status: Product.Status
    ) -> TemplateResponse | None:
        others = queryset.filter(status=REPLACES[status])
        if keys := confirmed(request, others):
            self._change(request, keys, "status", status.value)
            return None
        return self._ask(request, others, str(TITLES[status]), {"to_status": status})

    @admin.action(description=_("Change category of selected products"), permissions=["change"])
    def change_category_selected(
        self, request: HttpRequest, queryset: ProductQuerySet
    ) -> TemplateResponse | None:
        names, name = Category.approved_names(), request.POST.get("category", "")
        if name in names and (keys := confirmed(request, queryset)):
            self._change(request, keys, "category", name)
            return None
        return self._ask(request, queryset, str(TITLES["category"]), {"categories": names})

    def _ask(
        self, request: HttpRequest, products: ProductQuerySet, title: str, more: dict[str, Any]
    ) -> TemplateResponse | None:
        """The page that says how many products would change, and names some; or None, with a
        message, if these are none or too many."""
        keys = newest(products)
        if not keys:
            self.message_user(request, gettext("None of these products would change."))
            return None
        if len(keys) > MOST_AT_ONCE:
            text = gettext("Select %(most)s products or fewer.")
            self.message_user(request, text % {"most": intcomma(MOST_AT_ONCE)}, messages.ERROR)
            return None
        found = Product.objects.filter(pk__in=keys).order_by()
        context = {
            **self.admin_site.each_context(request),
            **more,
            "title": title,
            "opts": self.opts,
            "number": len(keys),
            "last": max(keys),
            "shown": found.select_related("vendor").order_by("-product_id")[:SHOWN],
            "unnamed": max(0, len(keys) - SHOWN),
            "vendors": found.values("vendor").distinct().count(),
            "in_categories": found.values_list("category")
            .annotate(count=Count("pk"))
            .order_by("-count"),
            "has_changed": "number" in request.POST,
            "action": request.POST.get("action", ""),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "list_query": request.GET.urlencode(),
        }
        return TemplateResponse(request, "catalog/admin/bulk.html", context)

    def _change(self, request: HttpRequest, keys: list[int], field: str, value: str) -> None:
        """Set a field, many products in one transaction, and say in how many."""
        changed = 0
        try:
            for piece in in_pieces(keys):
                with transaction.atomic():
                    found = Product.objects.filter(pk__in=piece)
                    others = found.exclude(category=value)
                    if field == "status":
                        others = found.filter(status=REPLACES[Product.Status(value)])
                    done = set_field(others, field, value, by=cast("User", request.user))
                    log(request, field, done)
                changed += len(done)
        except OperationalError as error:
            if not waited_too_long_for_lock(error):
                raise
            text = gettext("A file with these products is being imported. Try again in a while.")
            self.message_user(request, text, messages.ERROR)
        text = ngettext("1 product changed.", "%(number)s products changed.", changed)
        if left := len(keys) - changed:
            text += " " + ngettext(
                "1 product was left as it is.", "%(left)s products were left as they are.", left
            )
        numbers = {"number": intcomma(changed), "left": intcomma(left)}
        level = messages.SUCCESS if changed else messages.WARNING
        self.message_user(request, text % numbers, level)


def newest(products: ProductQuerySet) -> list[int]:
    """Their keys: at most one more than can be changed at once."""
    found = products.order_by("-product_id").values_list("pk", flat=True)
    return [*found[: MOST_AT_ONCE + 1]]


def confirmed(request: HttpRequest, products: ProductQuerySet) -> list[int]:
    """The keys of the products that the page before has named, if they are still as many. Those
    that were added since are left alone."""
    number, last = request.POST.get("number", ""), request.POST.get("last", "")
    if not (last.isdecimal() and len(last) <= MAX_DIGITS):
        return []
    keys = newest(products.filter(pk__lte=int(last)))
    return keys if str(len(keys)) == number and len(keys) <= MOST_AT_ONCE else []


def log(request: HttpRequest, field: str, keys: list[int]) -> None:
    """One line for each product among the admin's changes."""
    if keys:
        LogEntry.objects.log_actions(
            cast("User", request.user).pk,
            Product.objects.filter(pk__in=keys).only("sku", "product_name"),
            CHANGE,
            [{"changed": {"fields": [str(LABELS[field])]}}],
        )
