"""Alarms: what staff must look at, and close when the cause is fixed."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import truncatechars
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.admin.dashboard import alarm_links
from imports.admin.filters import OpenFilter
from imports.admin.row_pages import row_page
from imports.models import Alarm
from imports.notifications import alarms


@admin.register(Alarm)
class AlarmAdmin(LookOnlyAdmin):
    list_display = ("kind", "state", "about", "excerpt", "raised")
    list_filter = (
        OpenFilter,
        ("kind", ChoicesCheckboxFilter),
        ("raised_at", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("closed_by",)
    list_fullwidth = True
    search_fields = ("subject", "detail")
    search_help_text = _("Subject or detail")
    actions = ("close_selected",)
    change_form_template = "imports/admin/alarm.html"
    fields = (("kind", "state"), "about", "lines", ("raised_at", "closed"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alarm]:
        return alarm_links.with_mails(super().get_queryset(request))

    def has_close_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("imports.change_alarm")

    @admin.display(description=_("state"))
    def state(self, alarm: Alarm) -> str:
        by = cells.by(alarm.closed_by) if alarm.closed_at else ""
        return cells.two_lines(cells.alarm_badge(alarm), by)

    @admin.display(description=_("subject"), ordering="subject")
    def about(self, alarm: Alarm) -> str:
        address = alarm_links.page_about(alarm)
        return cells.link(address, alarm.subject) if address else alarm.subject

    @admin.display(description=_("detail"))
    def excerpt(self, alarm: Alarm) -> str:
        return str(truncatechars(alarm.detail, 90))

    @admin.display(description=_("detail"))
    def lines(self, alarm: Alarm) -> str:
        return format_html('<div class="ob-lines">{}</div>', alarm.detail)

    @admin.display(description=_("raised"), ordering="raised_at")
    def raised(self, alarm: Alarm) -> str:
        return cells.two_lines(cells.moment(alarm.raised_at), "")

    @admin.display(description=_("closed"), ordering="closed_at")
    def closed(self, alarm: Alarm) -> str:
        if alarm.closed_at is None:
            return "–"
        return cells.two_lines(cells.moment(alarm.closed_at), cells.by(alarm.closed_by))

    # --- closing ---------------------------------------------------------------------------

    @admin.action(description=_("Close selected alarms"), permissions=["close"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        closed = sum(self._close(request, alarm) for alarm in queryset)
        text = ngettext("Closed %(count)s alarm.", "Closed %(count)s alarms.", closed)
        self.message_user(request, text % {"count": f"{closed:,}"}, messages.SUCCESS)

    def _close(self, request: HttpRequest, alarm: Alarm) -> bool:
        """Close the alarm and log it, both or neither; False when it was already closed."""
        with transaction.atomic():
            if not alarms.close(alarm.pk, by=request.user):
                return False
            self.log_change(request, alarm, "Closed.")
        return True

    def get_urls(self) -> list[URLPattern]:
        return [row_page(self, "close", require_POST(self.close_view)), *super().get_urls()]

    def close_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not (self.has_view_permission(request) and self.has_close_permission(request)):
            raise PermissionDenied
        alarm = self.get_object(request, unquote(object_id))
        if alarm is None:
            raise Http404
        if self._close(request, alarm):
            self.message_user(request, gettext("Closed the alarm."), messages.SUCCESS)
        else:
            self.message_user(request, gettext("This alarm is already closed."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:imports_alarm_changelist"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        alarm = self.get_object(request, unquote(object_id))
        may_close = alarm is not None and not alarm.closed_at and self.has_close_permission(request)
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_close": may_close}
        )
        return answer
