"""Filters of the lists about imports."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin_base import ModelAdmin
from imports import datasets
from imports.models import Upload
from imports.models.upload import IS_CHECK, has_base_mode
from imports.monitoring.stalled import is_stalled

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
    from django.contrib.admin import SimpleListFilter as RadioFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter, RadioFilter

Choices = list[tuple[str, str]]


class DatasetFilter(DropdownFilter):
    title = _("data set")
    parameter_name = "dataset"
    path = "dataset"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [(dataset.key, dataset.title) for dataset in datasets.all_datasets().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset

    def has_output(self) -> bool:
        return True


class UploadsDatasetFilter(DatasetFilter):
    path = "upload__dataset"


class ProgressFilter(RadioFilter):
    title = _("progress")
    parameter_name = "progress"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [("in_progress", gettext("In progress")), ("stalled", gettext("Stalled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "in_progress":
                return queryset.exclude(status__in=Upload.AT_REST)
            case "stalled":
                return queryset.filter(is_stalled())
        return queryset


class ModeFilter(RadioFilter):
    title = _("mode")
    parameter_name = "mode"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        base_modes = (Upload.Mode.CREATE, Upload.Mode.UPDATE, Upload.Mode.REPLACE, Upload.Mode.UNDO)
        return [(mode.value, str(mode.label)) for mode in base_modes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        mode = self.value()
        return queryset.filter(has_base_mode(mode)) if mode else queryset


class OnlyCheckFilter(RadioFilter):
    title = _("check only")
    parameter_name = "only_check"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [("yes", gettext("Checks")), ("no", gettext("Imports"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(IS_CHECK)
            case "no":
                return queryset.exclude(IS_CHECK)
        return queryset


class ErrorTypeFilter(DropdownFilter):
    title = _("error type")
    parameter_name = "error_type"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [(code, code) for code in sorted(row_error_codes())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(error_type=self.value()) if self.value() else queryset


def row_error_codes() -> set[str]:
    """Every code of an error or warning that a row of any data set can get."""
    return {
        rule.code
        for dataset in datasets.all_datasets().values()
        for _, rule in (*dataset.requirements(), *dataset.warnings())
    }


class OpenFilter(RadioFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [("open", gettext("Open")), ("closed", gettext("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("open", "closed"):
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset
