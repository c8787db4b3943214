"""Admin pages about the catalog: approved categories and products."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.history import history_of
from catalog.models import Category, CategorySynonym, Product
from catalog.web_address import MAX_CHARACTERS, validate_web_address
from config.admin_base import BoundedPaginator, LongTableAdmin, ModelAdmin, TabularInline
from vendors.models import Vendor

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter

    ProductModelForm = forms.ModelForm[Product]
else:
    from unfold.contrib.filters.admin import DropdownFilter

    ProductModelForm = forms.ModelForm


class SynonymInline(TabularInline):
    """Words that vendors use for the category. They lead to suggestions."""

    model = CategorySynonym
    fields = ("name",)
    extra = 0
    verbose_name_plural = _(
        "synonyms: vendors who use them are asked whether they mean this category"
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Synonyms are part of the category's page."""
        return request.user.has_perm("catalog.view_category") or super().has_view_permission(
            request, obj
        )


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """The approved list. A change applies to rows checked from then on."""

    list_display = ("name", "is_active", "created_at")
    list_editable = ("is_active",)
    list_filter = (("is_active", BooleanRadioFilter),)
    list_filter_submit = True
    search_fields = ("name",)
    search_help_text = _("Name")
    fields = ("name", "is_active", "created_at")
    readonly_fields = ("created_at",)
    inlines = (SynonymInline,)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        before = form.initial.get("name")
        if change and "name" in form.changed_data and is_used(before):
            messages.warning(
                request,
                gettext(
                    "Products in the catalog keep the category '%(name)s'. Rows of new uploads "
                    "need the new name."
                )
                % {"name": before},
            )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Products name their category, so a category in use is not deleted."""
        to_delete, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        text = gettext("Category %(name)s (used by products: deactivate it instead)")
        used = [text % {"name": each.name} for each in objs]
        protected += [text for each, text in zip(objs, used, strict=True) if is_used(each.name)]
        return to_delete, counts, perms_needed, protected


def is_used(category: str | None) -> bool:
    return Product.objects.filter(category=category).exists()


class CategoryFilter(DropdownFilter):
    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in Category.objects.values_list("name", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category=self.value()) if self.value() else queryset


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
class ProductAdmin(LongTableAdmin):
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
    list_filter = (("vendor", AutocompleteSelectFilter), CategoryFilter)
    list_filter_submit = True
    search_fields = ("sku",)  # see get_search_results
    search_help_text = _("SKU, vendor product ID or upload ID")
    actions = None
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

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; one vendor's by their own IDs, because an index gives that order."""
        if "vendor__vendor_id__exact" in request.GET:
            return ("vendor_product_id", "product_id")
        return ("-product_id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole IDs only: each of them is found through an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        products = Product.objects.order_by()
        of_one_vendor = products.filter(vendor=OuterRef("pk"), vendor_product_id=term).values("pk")
        # Vendor by vendor, because the index on vendor product ids begins with the vendor.
        by_vendor = Vendor.objects.order_by().annotate(hit=Subquery(of_one_vendor[:1]))
        found = [
            *products.filter(sku=term).values_list("pk", flat=True),
            *products.filter(upload_id=term).values_list("pk", flat=True)[: BoundedPaginator.most],
            *by_vendor.filter(hit__isnull=False).values_list("hit", flat=True),
        ]
        return queryset.filter(pk__in=found), False

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
