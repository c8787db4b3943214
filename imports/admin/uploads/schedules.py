"""Schedules: what is imported when and from where, and "import now"."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.widgets import UnfoldAdminSelectWidget

from config.admin_base import ModelAdmin
from imports.admin import cells
from imports.admin.filters import DatasetFilter
from imports.admin.row_pages import row_page
from imports.datasets import all_datasets, title_of
from imports.intake import schedules
from imports.models import Schedule
from imports.rules.quantities import minutes
from vendors.access import ACT_ON_UPLOADS

if TYPE_CHECKING:
    ScheduleModelForm = forms.ModelForm[Schedule]
else:
    ScheduleModelForm = forms.ModelForm

RHYTHM = {"every_minutes", "cron", "is_enabled"}


class ScheduleForm(ScheduleModelForm):
    """`data_set` because unfold takes any form with a field `dataset` for one of its own."""

    data_set = forms.ChoiceField(label=_("Data set"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Schedule
        exclude = ("dataset",)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "data_set" in self.fields:  # read-only pages have no form
            choices = [(dataset.key, dataset.title) for dataset in all_datasets().values()]
            self.fields["data_set"].choices = choices  # type: ignore[attr-defined]
            self.initial.setdefault("data_set", self.instance.dataset)

    def clean_cron(self) -> str:
        return " ".join(self.cleaned_data["cron"].split())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.instance.dataset = cleaned.get("data_set", "")
        wanted = {field.name for field in Schedule._meta.fields} & cleaned.keys()
        described = Schedule(**{name: cleaned[name] for name in wanted})
        described.dataset = self.instance.dataset
        try:
            schedules.check(described)
        except ValidationError as error:
            for field, problems in error.message_dict.items():
                name = "data_set" if field == "dataset" else field
                if name not in self.errors:
                    self.add_error(name, problems)
        return cleaned


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    form = ScheduleForm
    list_display = ("name", "data_set", "prefix", "rhythm", "is_enabled", "next_run", "last_run")
    list_filter = (
        DatasetFilter,
        ("vendor", AutocompleteSelectFilter),
        ("is_enabled", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_select_related = ("asked_by",)
    list_per_page = 50
    list_fullwidth = True
    search_fields = ("name", "prefix")
    search_help_text = _("Name or prefix")
    actions = ("import_now_selected",)
    autocomplete_fields = ("vendor",)
    change_form_template = "imports/admin/schedule.html"
    readonly_fields = ("next_run", "last_run", "created")
    fieldsets = (
        (None, {"fields": ("name", "data_set", "vendor", "prefix")}),
        (
            _("Timing"),
            {
                "fields": ("every_minutes", "cron", "is_enabled"),
                "description": _("Set an interval or a cron expression, not both."),
            },
        ),
        (_("History"), {"fields": ("next_run", "last_run", "created")}),
    )

    def has_import_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(ACT_ON_UPLOADS) and self.has_view_permission(request)

    @admin.display(description=_("data set"), ordering="dataset")
    def data_set(self, schedule: Schedule) -> str:
        return title_of(schedule.dataset)

    @admin.display(description=_("timing"))
    def rhythm(self, schedule: Schedule) -> str:
        return schedule.rhythm

    @admin.display(description=_("next run"), ordering="next_run_at")
    def next_run(self, schedule: Schedule) -> str:
        if schedule.asked_at is not None:
            return cells.two_lines(
                gettext("within %(time)s") % {"time": minutes(settings.SCHEDULES_EVERY_SECONDS)},
                gettext("requested %(by)s") % {"by": cells.by(schedule.asked_by)},
            )
        if not schedule.is_enabled or schedule.next_run_at is None:
            return "–"
        return cells.two_lines(cells.moment(schedule.next_run_at), "")

    @admin.display(description=_("last run"), ordering="last_run_at")
    def last_run(self, schedule: Schedule) -> str:
        if schedule.last_run_at is None:
            return "–"
        return cells.two_lines(cells.moment(schedule.last_run_at), schedule.last_result[:200])

    @admin.display(description=_("created"))
    def created(self, schedule: Schedule) -> str:
        if schedule.pk is None:
            return "–"
        return cells.two_lines(cells.moment(schedule.created_at), cells.by(schedule.created_by))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        schedule: Schedule = obj
        if not change:
            schedule.created_by_id = request.user.pk
        if not change or RHYTHM & set(form.changed_data):
            tick = schedules.first_tick(schedule, now()) if schedule.is_enabled else None
            schedule.next_run_at = tick
            schedule.failures = 0
        # All but what a run in progress writes.
        kept = ["last_run_at", "last_result", "asked_at", "asked_by"]
        names = [f.name for f in Schedule._meta.fields if f.name not in [*kept, "id", "created_at"]]
        schedule.save(update_fields=names if change else None)
        if not schedule.prefix.endswith("/"):
            text = gettext(
                "This schedule also imports files of folders whose names only begin with its "
                "prefix, such as %(prefix)s-old/. To import one folder, end it with a slash."
            )
            self.message_user(request, text % {"prefix": schedule.prefix}, messages.WARNING)

    # --- import now ------------------------------------------------------------------------

    @admin.action(description=_("Import now"), permissions=["import"])
    def import_now_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            self._import_now(request, schedule)

    def _import_now(self, request: HttpRequest, schedule: Schedule) -> None:
        with transaction.atomic():
            schedules.ask(schedule.pk, by=request.user)
            self.log_change(request, schedule, "Requested an import now.")
        text = gettext(
            "%(name)s: The import starts within %(time)s. New files will appear in the list of "
            "uploads."
        )
        numbers = {"name": schedule.name, "time": minutes(settings.SCHEDULES_EVERY_SECONDS)}
        self.message_user(request, text % numbers, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        import_now = row_page(self, "import-now", require_POST(self.import_now_view))
        return [import_now, *super().get_urls()]

    def import_now_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        schedule = self.get_object(request, unquote(object_id))
        if schedule is None:
            raise Http404
        self._import_now(request, schedule)
        address = reverse("admin:imports_schedule_change", args=[schedule.pk])
        return HttpResponseRedirect(address)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        context = {**(extra_context or {}), "may_import": self.has_import_permission(request)}
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer
