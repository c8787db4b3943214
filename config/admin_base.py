"""What all admin pages share: read-only pages, long tables, filters by day."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.admin import ShowFacets
from django.core.paginator import Page
from django.core.paginator import Paginator as DjangoPaginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.text import capfirst

if TYPE_CHECKING:
    # Unfold has no types; its classes are Django's with another look.
    from django.contrib.admin import FieldListFilter as RangeDateFilter
    from django.contrib.admin import ModelAdmin as DjangoModelAdmin
    from django.contrib.admin import TabularInline as DjangoTabularInline
    from django.contrib.admin.views.main import ChangeList

    UnfoldModelAdmin = DjangoModelAdmin[Any]
    ListForm = forms.ModelForm[Any]
    UnfoldTabularInline = DjangoTabularInline[Any, Any]
    Paginator = DjangoPaginator[Any]
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.contrib.filters.admin import RangeDateFilter
    from unfold.views import ChangeList

    Paginator = DjangoPaginator
    ListForm = forms.ModelForm

__all__ = ["LongTableAdmin", "LookOnlyAdmin", "ModelAdmin", "TabularInline", "WholeDaysFilter"]


class RowForm(ListForm):
    """One row of a table whose cells can be edited: each cell is called like its column and row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = f": {self.instance}" if self.instance.pk else ""
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}{row}"


class TabularInline(UnfoldTabularInline):
    form = RowForm


class ModelAdmin(UnfoldModelAdmin):
    """Unfold's. A list is called as in the menu, and names the cells that can be edited in it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": RowForm, **kwargs})


class BoundedPaginator(Paginator):
    """Counts no further than `most` rows, so that a page of a table of millions is as fast as one
    of a table of hundreds. Filters lead to the other rows."""

    most = 10_000
    template_name = "config/admin_pages.html"

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by().values("pk")[: self.most].count()

    @property
    def is_cut(self) -> bool:
        """There are, or may be, more rows than can be paged through."""
        return self.count == self.most


class KeysPaginator(BoundedPaginator):
    """Reads the keys of all pages in one go, and only the rows of the page that is shown. So
    PostgreSQL looks for the rows of every page in the same way."""

    @cached_property
    def keys(self) -> list[Any]:
        """Those of the pages and, if there are more rows, one more."""
        rows = cast("QuerySet[Any]", self.object_list)
        return [*rows.values_list("pk", flat=True)[: self.most + 1]]

    @cached_property
    def count(self) -> int:
        return min(len(self.keys), self.most)

    @property
    def is_cut(self) -> bool:
        return len(self.keys) > self.most

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = cast("QuerySet[Any]", self.object_list)
        shown = rows.model._default_manager.filter(
            pk__in=self.keys[first : min(first + self.per_page, self.most)]
        )
        return Page(shown.order_by(*rows.query.order_by), number, self)


class LongTableList(ChangeList):
    """A page of a table whose rows are not counted."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # so that no page offers to "show all"


class BoundedListAdmin(ModelAdmin):
    """A list of bounded pages, which is as fast over 100,000 rows as over a hundred."""

    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LongTableList]:
        return LongTableList


class LookOnlyAdmin(BoundedListAdmin):
    """Rows that the system writes. Staff can view them, but not add, change or delete any."""

    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LongTableAdmin(BoundedListAdmin):
    """A list over millions of rows, in the one order that an index gives."""

    show_facets = ShowFacets.NEVER  # a count per choice would count the whole table
    sortable_by = ()


class WholeDaysFilter(RangeDateFilter):
    """From the first moment of one day to the last of another, both in UTC, as days are shown."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        if last is not None and last.date() < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": last + timedelta(days=1)})
        return queryset

    def _day(self, end: str) -> datetime | None:
        try:
            day = parse_date(str(self.used_parameters.get(f"{self.field_path}_{end}", "")))
        except ValueError:  # the form of a date, but no day of any month
            return None
        return datetime.combine(day, time.min, UTC) if day else None
