"""The list of validation errors. It stays fast with millions of them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesCheckboxFilter

from config.admin_base import LongTableAdmin, LookOnlyAdmin, WholeDaysFilter
from imports import datasets
from imports.admin import cells
from imports.admin.filters import ErrorTypeFilter, UploadsDatasetFilter
from imports.admin.uploads.upload_page import in_file_order
from imports.models import RowError, Upload

# The order of the unique index. Upload IDs begin with their time.
IN_FILE_ORDER = ("upload_id", "run", "row_number", "column_name", "error_type")
NEWEST_FIRST = tuple(f"-{name}" for name in IN_FILE_ORDER)


@admin.register(RowError)
class RowErrorAdmin(LongTableAdmin, LookOnlyAdmin):
    """The newest upload and the last row first; the errors of the uploads searched for are in file
    order. An index gives either order, whatever the filters."""

    list_display = (
        *("row_number", "severity", "error_type", "column", "error_message"),
        *("where", "vendor_name"),
    )
    list_filter = (
        ("severity", ChoicesCheckboxFilter),
        ErrorTypeFilter,
        UploadsDatasetFilter,
        ("upload__vendor", AutocompleteSelectFilter),
        ("upload__upload_timestamp", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("upload__vendor",)
    list_fullwidth = True
    search_fields = ("upload_id",)  # how it is searched is in get_search_results
    search_help_text = _("Upload ID, or its beginning")
    fields = (
        ("where", "vendor_name"),
        ("row_number", "run"),
        ("error_type", "severity"),
        "column",
        "error_message",
        "row_as_read",
        "created_at",
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return IN_FILE_ORDER if request.GET.get(SEARCH_VAR) else NEWEST_FIRST

    def get_queryset(self, request: HttpRequest) -> QuerySet[RowError]:
        errors: QuerySet[RowError] = super().get_queryset(request)
        return errors.defer("upload__layout", "upload__ignored_columns")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper()
        if not term:
            return queryset, False
        uploads = Upload.objects.filter(upload_id__startswith=term).order_by()
        return queryset.filter(upload__in=uploads), False

    @admin.display(description=_("column"))
    def column(self, error: RowError) -> str:
        label = datasets.label_of(error.upload.dataset, error.column_name)
        return label or gettext("whole row")

    @admin.display(description=_("upload"))
    def where(self, error: RowError) -> str:
        address = cells.link(cells.upload_address(error.upload_id), error.upload_id)
        return cells.two_lines(address, error.upload.file_name)

    @admin.display(description=_("vendor"))
    def vendor_name(self, error: RowError) -> str:
        return cells.vendor_name(error.upload)

    @admin.display(description=_("original row"))
    def row_as_read(self, error: RowError) -> str:
        if error.original_data is None:
            return gettext("Shown with the first error of this row.")
        return cells.name_value_list(
            in_file_order(error.original_data, datasets.layout_of(error.upload))
        )
