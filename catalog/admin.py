"""Admin pages about approved categories; those about products are in `product_admin.py`."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from catalog.models import Category, CategorySynonym, Product
from catalog.product_admin import ProductAdmin
from config.admin_base import ModelAdmin, TabularInline

__all__ = ["CategoryAdmin", "ProductAdmin"]


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
