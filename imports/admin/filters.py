"""Filters of the lists about imports."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.admin_base import ModelAdmin
from imports import datasets
from imports.models import Upload
from imports.monitoring.stalled import is_stalled
from imports.rules.cells import GENERAL_REMEDIES

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
                return queryset.exclude(status__in=Upload.ENDED)
            case "stalled":
                return queryset.filter(is_stalled())
        return queryset


class ErrorTypeFilter(DropdownFilter):
    title = _("error type")
    parameter_name = "error_type"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [(code, code) for code in sorted(set(row_error_codes()))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(error_type=self.value()) if self.value() else queryset


def row_error_codes() -> Iterator[str]:
    """Every error code that a row of any data set can get, as often as it is declared."""
    yield from GENERAL_REMEDIES
    for dataset in datasets.all_datasets().values():
        yield from (key.code for key in dataset.unique)
        yield from (key.code for key in dataset.fixed)
        yield from (rule.code for rule in dataset.row_rules)
        for column in dataset.columns:
            yield from (rule.code for rule in column.rules)


class OpenFilter(RadioFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Choices:
        return [("open", gettext("Open")), ("closed", gettext("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("open", "closed"):
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset
