"""Admin pages about products: finding them, correcting one, changing many at once."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.bulk_actions import BulkActions
from catalog.history import history_of
from catalog.models import Category, Product
from catalog.web_address import MAX_CHARACTERS, validate_web_address
from config.admin_base import KeysPaginator, LongTableAdmin

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
    from django.contrib.admin import SimpleListFilter as RadioFilter

    ProductModelForm = forms.ModelForm[Product]
else:
    from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

    ProductModelForm = forms.ModelForm

MOST_FOUND = 1_000  # to see whether a search finds a product takes 10 µs
PERIODS = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(days=1)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
}


class CategoryFilter(DropdownFilter):
    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in Category.objects.values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category=self.value()) if self.value() else queryset


class StatusFilter(RadioFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in Product.Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class ChangedFilter(RadioFilter):
    title = _("added or changed")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(title)) for name, (title, _length) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in PERIODS:
            return queryset
        _title, length = PERIODS[str(self.value())]
        return queryset.changed_since(now() - length)


class ProductForm(ProductModelForm):
    """What staff may change in a product. IDs, price and stock belong to the vendor."""

    # With the limits of an import.
    description = forms.CharField(
        max_length=2000, required=False, empty_value=None, widget=UnfoldAdminTextareaWidget
    )
    image_url = forms.CharField(
        max_length=MAX_CHARACTERS,
        required=False,
        empty_value=None,
        validators=[validate_web_address],
        widget=UnfoldAdminTextInputWidget,
        label=_("Image URL"),
    )
    category = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    status = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Read-only pages have a form without fields.
        for name in {"category", "status"} & self.fields.keys():
            known = Category.approved_names() if name == "category" else Product.Status.values
            choices = dict.fromkeys([getattr(self.instance, name), *known])
            field = cast("forms.ChoiceField", self.fields[name])
            field.choices = [(choice, choice) for choice in choices]


@admin.register(Product)
class ProductAdmin(BulkActions, LongTableAdmin):
    """Only uploads add products; here staff can correct texts, category and status."""

    form = ProductForm
    change_form_template = "catalog/admin/product.html"
    list_display = (
        "sku",
        "product_name",
        "vendor_code",
        "category",
        "price",
        "stock_quantity",
        "status",
        "updated_at",
    )
    list_filter = (
        ("vendor", AutocompleteSelectFilter),
        CategoryFilter,
        StatusFilter,
        ChangedFilter,
    )
    list_filter_submit = True
    list_fullwidth = True
    paginator = KeysPaginator
    ordering = ("-product_id",)  # an index gives it, also of one vendor's
    search_fields = ("sku",)  # see get_search_results
    search_help_text = _("Beginnings of words in SKU, vendor product ID or name; or an upload ID")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "product_name",
                    "description",
                    ("category", "subcategory"),
                    ("brand", "status"),
                    "image_url",
                )
            },
        ),
        (
            _("Set by the vendor: an upload with “Update” changes it"),
            {
                "fields": (
                    ("vendor", "vendor_product_id"),
                    ("sku", "unit"),
                    ("price", "compare_at_price"),
                    ("stock_quantity", "weight_kg"),
                    ("dimensions_cm", "gtin"),
                )
            },
        ),
        (
            _("Source"),
            {"fields": (("source", "upload_row"), ("created_at", "updated_at"), "deactivated_at")},
        ),
    )
    readonly_fields = (
        "vendor",
        "vendor_product_id",
        "sku",
        "price",
        "compare_at_price",
        "stock_quantity",
        "unit",
        "weight_kg",
        "dimensions_cm",
        "gtin",
        "source",
        "upload_row",
        "created_at",
        "updated_at",
        "deactivated_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> KeysPaginator:
        paginator = cast("KeysPaginator", super().get_paginator(request, *args, **kwargs))
        if request.GET.get(SEARCH_VAR) or request.GET.get(ChangedFilter.parameter_name):
            paginator.most = MOST_FOUND
        return paginator

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Those that an upload has created, or else by words, as in the portal."""
        term = search_term.strip()
        if not term:
            return queryset, False
        of_upload = queryset.filter(upload_id=term.upper())
        found = of_upload if of_upload.exists() else queryset.found_by(term)
        return found, False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, and below it what was changed in the product so far."""
        product = self.get_object(request, unquote(object_id))
        changes = history_of(product, request.GET.get("page")) if product else None
        context = {**(extra_context or {}), "changes": changes}
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        obj.save_edit(form.changed_data, by=cast("User", request.user))

    @admin.display(description=_("vendor ID"))
    def vendor_code(self, product: Product) -> str:
        return product.vendor_id

    @admin.display(description=_("upload"))
    def source(self, product: Product) -> str:
        if not product.upload_id:
            return "–"
        address = reverse("admin:imports_upload_change", args=[quote(product.upload_id)])
        return format_html('<a class="ob-link" href="{}">{}</a>', address, product.upload_id)
