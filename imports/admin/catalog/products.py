"""Products, with what the catalog does not know: how they are exported, and the row ledger."""

import logging
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from catalog import product_admin
from catalog.models import Product
from imports.admin.catalog.ledger import NEEDS
from imports.exports.answers import table_file
from imports.reports.products_csv import products_table

log = logging.getLogger(__name__)
admin.site.unregister(Product)


@admin.register(Product)
class ProductAdmin(product_admin.ProductAdmin):
    change_list_template = "imports/admin/products.html"

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [
            path("export/", export, name="catalog_product_export"),
            path("export/<str:token>/", export, name="catalog_product_export"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, token: str = "") -> HttpResponse:
        """All products that the list would show for the same query, on all pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))
        log.info("user %s exports products", request.user.pk)
        return table_file(
            request,
            token,
            "products",
            products_table(shown.get_queryset(request)),
            page="imports/admin/export.html",
            address=lambda token: reverse(
                "admin:catalog_product_export", args=[token] if token else []
            ),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.GET.copy()
        query.pop("p", None)  # the page of the list that is shown
        context = {
            **(extra_context or {}),
            "list_query": f"?{query.urlencode()}" if query else "",
            "may_find": request.user.has_perms(NEEDS),
        }
        answer: HttpResponse = super().changelist_view(request, context)
        return answer
