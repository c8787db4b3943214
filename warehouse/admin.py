"""Admin pages about the warehouse: read-only lists of millions of rows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from config.admin_base import LongTableAdmin, LookOnlyAdmin
from warehouse.models import Customer, Metric


class WarehouseAdmin(LookOnlyAdmin, LongTableAdmin):
    """Rows that imports write."""

    @admin.display(description=_("upload"))
    def source(self, row: Customer | Metric) -> str:
        if not row.upload_id:
            return "–"
        address = reverse("admin:imports_upload_change", args=[quote(row.upload_id)])
        return format_html('<a class="ob-link" href="{}">{}</a>', address, row.upload_id)


@admin.register(Customer)
class CustomerAdmin(WarehouseAdmin):
    list_display = ("customer_id", "full_name", "email", "country", "created_at", "source")
    search_fields = ("customer_id",)  # see get_search_results
    search_help_text = _("Customer ID, full name or upload ID")
    fields = (
        ("customer_id", "full_name"),
        ("email", "phone_number"),
        ("date_of_birth", "age"),
        "country",
        ("source", "upload_row"),
        "created_at",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole IDs and names only: each of them is found through an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdigit() and len(term) < 19:
            return queryset.filter(customer_id=int(term)), False
        column = "upload_id" if term.startswith("UPLOAD_") else "full_name"
        return queryset.filter(**{column: term}), False


@admin.register(Metric)
class MetricAdmin(WarehouseAdmin):
    list_display = ("name", "value", "timestamp", "source")
    search_fields = ("name",)  # see get_search_results
    search_help_text = _("Name or upload ID")
    fields = ("name", "value", "timestamp", ("source", "upload_row"))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first; one name's by their time, because an index gives that order."""
        return ("-timestamp",) if request.GET.get("q", "").strip() else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole names and IDs only: each of them is found through an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        column = "upload_id" if term.startswith("UPLOAD_") else "name"
        return queryset.filter(**{column: term}), False
