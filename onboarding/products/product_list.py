"""The list of products: its filters, and one page of it."""

from functools import cached_property
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product, ProductQuerySet
from onboarding.uploads.forms import FilterForm

PER_PAGE = 50
# Products that can be paged through. To see whether a search finds a product takes 10 µs.
MOST_LISTED, MOST_FOUND = 10_000, 1_000


def category_choices() -> list[tuple[str, Any]]:
    names = Category.objects.values_list("name", flat=True)
    return [("", _("Any category")), *((name, name) for name in names)]


class ProductFilterForm(FilterForm):
    """Filters of the list of products."""

    q = forms.CharField(label=_("SKU, product ID or name"), max_length=100, required=False)
    category = forms.ChoiceField(label=_("Category"), choices=category_choices, required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Any status")), *Product.Status.choices], required=False
    )
    upload = forms.RegexField(
        r"\A[A-Za-z0-9_-]*\Z",
        label=_("Changed by upload"),
        max_length=40,
        required=False,
        error_messages={"invalid": _("Enter the ID of an upload, as its page shows it.")},
    )

    def find(self, products: ProductQuerySet) -> ProductQuerySet:
        """The products that match."""
        self.is_valid()
        wanted = self.cleaned_data
        if vendor := wanted.get("vendor"):
            products = products.filter(vendor=vendor)
        if category := wanted.get("category"):
            products = products.filter(category=category)
        if status := wanted.get("status"):
            products = products.filter(status=status)
        if upload_id := wanted.get("upload"):
            products = products.of_upload(upload_id)
        return products.found_by(self.search) if self.search else products

    @property
    def search(self) -> str:
        """The text to search for, or ""."""
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))

    @property
    def chosen(self) -> list[tuple[Any, str]]:
        """(label, value) of the filters that are set."""
        self.is_valid()
        return [(self[n].label, value) for n in self.fields if (value := self._words_of(n))]

    def _words_of(self, name: str) -> str:
        value = str(self.cleaned_data.get(name, ""))
        is_status = name == "status" and value
        return str(Product.Status(value).label) if is_status else value


class ProductPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the newest products. The keys of all pages are read from an index, and the rows of
    one."""

    def __init__(self, products: ProductQuerySet, *, is_search: bool) -> None:
        super().__init__(products.order_by("-product_id"), PER_PAGE)
        self.most = MOST_FOUND if is_search else MOST_LISTED

    @cached_property
    def keys(self) -> list[int]:
        """Those of the pages and, if there are more products, one more."""
        found: Any = self.object_list
        return [*found.values_list("pk", flat=True)[: self.most + 1]]

    @cached_property
    def count(self) -> int:
        return min(len(self.keys), self.most)

    @property
    def is_cut(self) -> bool:
        """There are more products than can be paged through."""
        return len(self.keys) > self.most

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys = self.keys[first : min(first + self.per_page, self.most)]
        rows = Product.objects.filter(pk__in=keys).select_related("vendor")
        return Page(rows.order_by("-product_id"), number, self)
