"""Wanted categories: what vendors asked for, by name, and the decision about each."""

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from catalog.models import Category
from config.admin_base import LongTableList, LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.admin.row_pages import row_page
from imports.models import CategoryRequest
from imports.models.category_request import MAX_NOTE
from imports.rules.quantities import rows
from imports.wanted import deciding
from imports.wanted.waiting import Waiting, waiting_for

DECIDE = "catalog.change_category"  # whose permission a decision needs
STATES = {
    CategoryRequest.State.OPEN: ("schedule", "busy"),
    CategoryRequest.State.APPROVED: ("task_alt", "good"),
    CategoryRequest.State.MAPPED: ("alt_route", "good"),
    CategoryRequest.State.DECLINED: ("block", "calm"),
}
DECIDED = {
    CategoryRequest.State.APPROVED: _(
        "“%(category)s” is approved. The rows that wait for it are imported within minutes."
    ),
    CategoryRequest.State.MAPPED: _(
        "“%(name)s” is read as “%(category)s” from now on. The rows that wait for it are imported "
        "within minutes."
    ),
    CategoryRequest.State.DECLINED: _(
        "“%(name)s” is declined. The vendors who asked get your note by email."
    ),
}


class WantedNames(LongTableList):
    """One line per name and decision, by the first of its requests."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        names = CategoryRequest.objects.order_by().values("compared", "decided_at")
        return found.filter(pk__in=names.annotate(first=Min("pk")).values("first"))

    def get_results(self, request: HttpRequest) -> None:
        """With the counts of this page's names, in a few queries for all of them."""
        super().get_results(request)
        shown = list(self.result_list)
        asked = Counter(
            CategoryRequest.objects.order_by()
            .filter(compared__in={each.compared for each in shown})
            .values_list("compared", "decided_at")
        )
        waiting = waiting_for([each.name for each in shown if each.is_open])
        for each in shown:
            each.asked = asked[each.compared, each.decided_at]
            each.waiting = waiting.get(each.compared, [])
        self.result_list = shown


@admin.register(CategoryRequest)
class WantedAdmin(LookOnlyAdmin):
    list_display = ("name", "rows_waiting", "vendors", "requested", "decision")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("asked_at", WholeDaysFilter),
        ("decided_at", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("category", "decided_by")
    list_fullwidth = True
    sortable_by = ()
    search_fields = ("name",)
    search_help_text = _("Name")
    actions = ("approve_selected",)
    change_form_template = "imports/admin/wanted.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LongTableList]:
        return WantedNames

    def get_ordering(self, request: HttpRequest) -> Any:
        """Open ones first, the others by when they were decided."""
        return (F("decided_at").desc(nulls_first=True), "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        match obj and obj.state:
            case CategoryRequest.State.DECLINED:
                return ("name", "decision", "note")
            case CategoryRequest.State.APPROVED | CategoryRequest.State.MAPPED:
                return ("name", "decision", "rows_sent")
        return ("name", "decision")

    def has_decide_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(DECIDE) and self.has_view_permission(request)

    @admin.display(description=_("rows waiting"))
    def rows_waiting(self, wanted: Any) -> str:
        if not wanted.is_open:
            return "–"
        waiting: list[Waiting] = wanted.waiting
        count = len({each.upload.vendor_id for each in waiting})
        text = ngettext("of %(count)s vendor", "of %(count)s vendors", count)
        total = cells.number(sum(each.rows for each in waiting))
        return cells.two_lines(total, text % {"count": cells.number(count)} if count else "")

    @admin.display(description=_("requested by"))
    def vendors(self, wanted: Any) -> str:
        text = ngettext("%(count)s vendor", "%(count)s vendors", wanted.asked)
        return text % {"count": cells.number(wanted.asked)}

    @admin.display(description=_("first request"))
    def requested(self, wanted: CategoryRequest) -> str:
        return cells.two_lines(cells.moment(wanted.asked_at), "")

    @admin.display(description=_("state"))
    def decision(self, wanted: CategoryRequest) -> str:
        symbol, tone = STATES[CategoryRequest.State(wanted.state)]
        text = wanted.get_state_display()
        if wanted.category and wanted.category.name != wanted.name:
            text = f"{text}: {wanted.category.name}"
        badge = cells.badge(symbol, tone, text)
        if wanted.decided_at is None:
            return cells.two_lines(badge, "")
        by = cells.by(wanted.decided_by) if wanted.decided_by else ""
        return cells.two_lines(badge, f"{cells.moment(wanted.decided_at)} {by}")

    @admin.display(description=_("rows that waited"))
    def rows_sent(self, wanted: CategoryRequest) -> str:
        if wanted.applied_at is None:
            return gettext("They are imported within minutes.")
        if not wanted.sent_records:
            return gettext("All were corrected already, or have other errors.")
        return gettext("%(rows)s sent") % {"rows": rows(wanted.sent_records)}

    # --- deciding --------------------------------------------------------------------------

    @admin.action(description=_("Approve selected categories"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[CategoryRequest]) -> None:
        done = 0
        for wanted in queryset:
            done += self._decide(request, wanted, self._approve(request, wanted, wanted.name))
        if done:
            text = ngettext("Approved %(count)s category.", "Approved %(count)s categories.", done)
            self.message_user(request, text % {"count": f"{done:,}"}, messages.SUCCESS)

    def _approve(
        self, request: HttpRequest, wanted: CategoryRequest, name: str
    ) -> Callable[[], object]:
        by = cast("User", request.user)
        return lambda: deciding.approve(wanted.compared, name=name, by=by)

    def _decide(
        self, request: HttpRequest, wanted: CategoryRequest, decide: Callable[[], object]
    ) -> bool:
        """Decide and log it, both or neither; False if that was not possible, which is said."""
        try:
            with transaction.atomic():
                decide()
                wanted.refresh_from_db()
                done = f"{wanted.get_state_display()}: {wanted.category or wanted.note}"
                self.log_change(request, wanted, done)
        except deciding.CannotDecide as error:
            self.message_user(request, f"{wanted.name}: {error}", messages.WARNING)
            return False
        return True

    def get_urls(self) -> list[URLPattern]:
        return [row_page(self, "decide", require_POST(self.decide_view)), *super().get_urls()]

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        wanted = self.get_object(request, unquote(object_id))
        if wanted is None:
            raise Http404
        if self._decide(request, wanted, self._asked_for(request, wanted)):
            text = DECIDED[CategoryRequest.State(wanted.state)]
            values = {"name": wanted.name, "category": wanted.category}
            self.message_user(request, text % values, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:imports_categoryrequest_changelist"))
        address = reverse("admin:imports_categoryrequest_change", args=[wanted.pk])
        return HttpResponseRedirect(address)

    def _asked_for(self, request: HttpRequest, wanted: CategoryRequest) -> Callable[[], object]:
        """The decision that the form says. Raises Http404 for none of ours."""
        sent, by = request.POST, cast("User", request.user)
        match sent.get("decision"):
            case "approve":
                return self._approve(request, wanted, sent.get("name", ""))
            case "map":
                chosen = Category.objects.filter(name=sent.get("category", "")).first()
                if chosen is None:
                    raise Http404
                return lambda: deciding.map_to(wanted.compared, chosen, by=by)
            case "decline":
                note = sent.get("note", "")[:MAX_NOTE]
                return lambda: deciding.decline(wanted.compared, note=note, by=by)
        raise Http404

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        wanted = self.get_object(request, unquote(object_id))
        context = page_about(wanted) if wanted else {}
        may = wanted is not None and wanted.is_open and self.has_decide_permission(request)
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context, "may_decide": may}
        )
        return answer


def page_about(wanted: CategoryRequest) -> dict[str, object]:
    """Who asked for the name, and which rows wait for it."""
    requests = CategoryRequest.objects.filter(
        compared=wanted.compared, decided_at=wanted.decided_at
    )
    if wanted.is_open:
        requests = CategoryRequest.objects.filter(compared=wanted.compared, decided_at=None)
    waiting = waiting_for([wanted.name]).get(wanted.compared, []) if wanted.is_open else []
    by_vendor: Counter[str] = Counter()
    for each in waiting:
        by_vendor[str(each.upload.vendor_id)] += each.rows
    return {
        "requests": requests.select_related("vendor", "asked_by").order_by("asked_at")[:1_000],
        "by_vendor": [(vendor, rows(count)) for vendor, count in by_vendor.most_common(50)],
        "waiting": rows(by_vendor.total()),
        "categories": Category.approved_names(),
        "max_note": MAX_NOTE,
    }
