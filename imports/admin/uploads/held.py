"""Held uploads: the list, the oldest first, and the page of one, where it is decided."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from config.admin_base import LookOnlyAdmin
from imports import datasets
from imports.actions import NotPossible
from imports.admin import cells
from imports.admin.row_pages import row_page
from imports.holds.reasons import codes_of, findings_of, people_needed, waits_for_staff
from imports.models import HeldUpload, Upload
from imports.models.plan import Plan
from imports.models.upload import IS_HELD
from imports.reports.counters import counters_of
from imports.review import deciding
from imports.review.rows import ABOUT_ROWS, NotRows, rows_of, rows_typed, some_rows
from imports.rules.holds import HOLDS
from vendors.access import RELEASE_UPLOADS, access_of

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter


class ReasonFilter(DropdownFilter):
    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, str(reason.title)) for code, reason in HOLDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        return queryset.filter(held_reason__contains=[{"code": code}]) if code else queryset


@admin.register(HeldUpload)
class HeldAdmin(LookOnlyAdmin):
    list_display = ("upload", "vendor_name", "reasons", "changes", "since", "waits_for")
    list_filter = (("vendor", AutocompleteSelectFilter), ReasonFilter)
    list_filter_submit = True
    list_select_related = ("vendor", "uploaded_by")
    list_fullwidth = True
    sortable_by = ()
    search_fields = ("upload_id", "file_name")
    search_help_text = _("Upload ID or file name")
    change_form_template = "imports/admin/held.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldUpload]:
        uploads: QuerySet[HeldUpload] = super().get_queryset(request)
        return uploads.filter(IS_HELD).defer("layout", "ignored_columns")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RELEASE_UPLOADS) and self.has_view_permission(request)

    # --- the list --------------------------------------------------------------------------

    @admin.display(description=_("upload"))
    def upload(self, upload: Upload) -> str:
        return cells.two_lines(upload.upload_id, upload.file_name)

    @admin.display(description=_("vendor"))
    def vendor_name(self, upload: Upload) -> str:
        return cells.vendor_name(upload)

    @admin.display(description=_("reasons"))
    def reasons(self, upload: Upload) -> str:
        titles = ", ".join(str(finding.reason.title) for finding in findings_of(upload))
        return cells.two_lines(titles, ", ".join(codes_of(upload)))

    @admin.display(description=_("products that change"))
    def changes(self, upload: Upload) -> str:
        return cells.number(upload.records_to_import)

    @admin.display(description=_("held since"))
    def since(self, upload: Upload) -> str:
        return cells.moment(upload.completed_at) if upload.completed_at else ""

    @admin.display(description=_("waits for"))
    def waits_for(self, upload: Upload) -> str:
        if not waits_for_staff(upload):
            return gettext("the vendor, or staff")
        return gettext("two of staff") if people_needed(upload) > 1 else gettext("staff")

    # --- one upload ------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [row_page(self, "decide", require_POST(self.decide_view)), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        upload = self.get_object(request, unquote(object_id))
        if upload is None:
            return self._no_longer_held(request, unquote(object_id))
        context = page_of(upload) if self.has_view_permission(request) else {}
        access = access_of(request.user)
        context["may_decide"] = self.has_decide_permission(request)
        context["why_not"] = deciding.why_not_released(upload, access)
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | context
        )
        return answer

    def _no_longer_held(self, request: HttpRequest, upload_id: str) -> HttpResponse:
        """To the page of the upload: its address here was mailed, or is open in a browser."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not Upload.objects.filter(pk=upload_id).exists():
            raise Http404
        text = gettext("This upload is no longer held.")
        self.message_user(request, text, messages.INFO)
        return HttpResponseRedirect(cells.upload_address(upload_id))

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, unquote(object_id))
        if upload is None:
            return self._no_longer_held(request, unquote(object_id))
        try:
            decide, done = self._asked_for(request, upload)
            with transaction.atomic():
                decided = decide()
                self.log_change(request, decided, done)
        except (NotPossible, NotRows) as error:
            self.message_user(request, said(error), messages.ERROR)
            address = reverse("admin:imports_heldupload_change", args=[quote(upload.pk)])
            return HttpResponseRedirect(address)
        if decided.is_held:
            done = gettext("Approved. Another person must release it, too.")
        self.message_user(request, f"{upload.pk}: {done}", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:imports_heldupload_changelist"))

    def _asked_for(self, request: HttpRequest, upload: Upload) -> tuple[Callable[[], Upload], str]:
        """The decision that the form says, and what is said once it is done.

        Raises NotRows, NotPossible, or Http404 for none of ours.
        """
        sent, by = request.POST, cast("User", request.user)
        digits = sent.get("run", "")
        run = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else 0
        access = access_of(by)

        def release(without: set[int]) -> Upload:
            return deciding.release(upload.pk, run=run, access=access, by=by, without=without)

        match sent.get("decision"):
            case "release":
                return lambda: release(set()), gettext("Released.")
            case "release_without":
                without = left_out(upload, sent.get("rows", ""), sent.getlist("reasons"))
                done = ngettext(
                    "Released without %(count)s row.",
                    "Released without %(count)s rows.",
                    len(without),
                )
                return lambda: release(without), done % {"count": cells.number(len(without))}
            case "reject":
                reason = sent.get("reason", "")
                return (
                    lambda: deciding.reject(upload.pk, run=run, reason=reason, access=access, by=by)
                ), gettext("Rejected.")
        raise Http404


def left_out(upload: Upload, typed: str, codes: list[str]) -> set[int]:
    """The rows that a reviewer leaves out: typed ones, and those of findings.

    Raises NotRows, and NotPossible if these are none.
    """
    dataset = datasets.get(upload.dataset)
    rows = rows_typed(typed)
    for finding in findings_of(upload):
        if finding.code in codes:
            rows |= rows_of(upload, dataset, finding)
    if not rows:
        raise NotPossible(gettext("Choose a reason or enter the rows to leave out."))
    return rows


def said(error: Exception) -> str:
    if isinstance(error, NotRows):
        text = gettext("“%(part)s” is no row number. Enter rows like this: 2, 5-9")
        return text % {"part": str(error)[:40]}
    return str(error)


def page_of(upload: Upload) -> dict[str, Any]:
    """What the page shows, in a constant number of queries."""
    dataset = datasets.get(upload.dataset)
    plan = Plan.of(upload)
    fields = sorted(plan.fields.items(), key=lambda each: -each[1])
    approvals = upload.approvals.filter(run=upload.run).select_related("by").order_by("at")
    return {
        "upload": upload,
        "title": upload.upload_id,
        "subtitle": None,
        "mode_title": dataset.title_of_mode(upload),
        "nouns": dataset.nouns,
        "findings": [(each, each.code in ABOUT_ROWS) for each in findings_of(upload)],
        "needed": people_needed(upload),
        "approvals": approvals,
        "counters": [each for each in counters_of(upload) if each.count],
        "fields": [(dataset.label(key), count) for key, count in fields],
        "moves": plan.moves,
        "sampled": some_rows(upload, dataset),
        "max_reason": deciding.MAX_REASON,
        "upload_address": cells.upload_address(upload.pk),
    }
