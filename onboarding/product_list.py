"""The list of products: its filters, and one page of it."""

from functools import cached_property
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product, ProductQuerySet

PER_PAGE = 50
MOST = 10_000  # products that can be paged through
MOST_FOUND = 1_000  # by a search: to see in a product that it is found takes 10 µs


def category_choices() -> list[tuple[str, Any]]:
    names = Category.objects.values_list("name", flat=True)
    return [("", _("Any category")), *((name, name) for name in names)]


class ProductFilterForm(forms.Form):
    """Filters of the list. A field with an invalid value is reported and ignored."""

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

    def filter(self, products: ProductQuerySet) -> ProductQuerySet:
        """The products that match all but the search."""
        self.is_valid()
        wanted = self.cleaned_data
        if category := wanted.get("category"):
            products = products.filter(category=category)
        if status := wanted.get("status"):
            products = products.filter(status=status)
        if upload_id := wanted.get("upload"):
            products = products.of_upload(upload_id)
        return products

    @property
    def search(self) -> str:
        """The text to search for, "" if there is none; known once it has filtered."""
        return str(self.cleaned_data.get("q", ""))

    @property
    def has_filters(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class ProductPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the newest products, which counts and reads no more of them than a person looks
    through. The keys of a page are found first, in an index; then its rows."""

    def __init__(self, products: ProductQuerySet, search: str) -> None:
        found = products.found_by(search) if search else products
        super().__init__(found.order_by("-product_id"), PER_PAGE)
        self.is_search = bool(search)
        self.most = MOST_FOUND if search else MOST

    @cached_property
    def keys(self) -> list[int]:
        """In no order, no more than one above the most."""
        found: Any = self.object_list
        return [*found.order_by().values_list("pk", flat=True)[: self.most + 1]]

    @property
    def is_cut(self) -> bool:
        """There are more products than can be paged through."""
        return len(self.keys) > self.most

    @cached_property
    def count(self) -> int:
        """Of a search that finds too much, one page is enough to see that."""
        return self.per_page if self.is_search and self.is_cut else min(len(self.keys), self.most)

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = Product.objects.filter(pk__in=self.keys_from(first)).select_related("vendor")
        return Page(rows.order_by("-product_id"), number, self)

    def keys_from(self, first: int) -> list[int]:
        if not self.is_cut:
            return sorted(self.keys, reverse=True)[first : first + self.per_page]
        found: Any = self.object_list
        last = min(first + self.per_page, self.count)
        return [*found.values_list("pk", flat=True)[first:last]]
