"""Uploads: the list, one upload, its files, retry and cancel."""

from collections.abc import Callable
from typing import Any, NoReturn

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesCheckboxFilter,
)

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports import actions, datasets
from imports.admin import cells
from imports.admin.filters import DatasetFilter, ModeFilter, OnlyCheckFilter, ProgressFilter
from imports.admin.row_pages import row_page
from imports.admin.uploads.export import export
from imports.admin.uploads.upload_page import progress_of, upload_page
from imports.intake.receive import UPLOAD_ID
from imports.models import Action, Upload
from imports.notifications import report_links
from imports.reports.outcome import deactivated, effects_of
from imports.storage import s3
from vendors.access import ACT_ON_UPLOADS, access_of

MAX_AT_ONCE = 500  # each takes some milliseconds, and the request waits for all of them


@admin.register(Upload)
class UploadAdmin(LookOnlyAdmin):
    list_display = (
        "upload",
        "state",
        "vendor_name",
        "data_set",
        "rows",
        "took",
        "uploaded",
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ProgressFilter,
        ("vendor", AutocompleteSelectFilter),
        DatasetFilter,
        ModeFilter,
        OnlyCheckFilter,
        ("upload_timestamp", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("vendor", "uploaded_by", "schedule")
    list_fullwidth = True
    search_fields = ("upload_id", "file_name")
    search_help_text = _("Upload ID or file name")
    actions = ("retry_selected", "cancel_selected", "export_selected")
    change_list_template = "imports/admin/uploads.html"
    change_form_template = "imports/admin/upload.html"

    # --- who may ---------------------------------------------------------------------------

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(ACT_ON_UPLOADS)

    def _visible(self, request: HttpRequest, object_id: str) -> Upload:
        """The upload, or 404; PermissionDenied for staff who may not view uploads at all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        uploads = Upload.objects.visible_to(access_of(request.user)).select_related("vendor")
        return get_object_or_404(uploads, pk=unquote(_quoted(object_id)))

    # --- the list --------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        uploads: QuerySet[Upload] = super().get_queryset(request)
        return uploads.defer("layout", "ignored_columns")

    @admin.display(description=_("upload"))
    def upload(self, upload: Upload) -> str:
        return cells.two_lines(upload.upload_id, upload.file_name)

    @admin.display(description=_("status"), ordering="status")
    def state(self, upload: Upload) -> str:
        notes = [gettext("run %(number)s") % {"number": upload.run}] if upload.run > 1 else []
        notes += [gettext("update")] if upload.base_mode == Upload.Mode.UPDATE else []
        notes += [gettext("replace")] if upload.replaces else []
        notes += [gettext("undo")] if upload.is_undo else []
        notes += [gettext("check only")] if upload.is_only_check else []
        return cells.two_lines(cells.status_badge(upload), ", ".join(notes))

    @admin.display(description=_("vendor"), ordering="vendor__name")
    def vendor_name(self, upload: Upload) -> str:
        return cells.vendor_name(upload)

    @admin.display(description=_("data set"), ordering="dataset")
    def data_set(self, upload: Upload) -> str:
        return datasets.title_of(upload.dataset)

    @admin.display(description=_("rows imported"), ordering="valid_records")
    def rows(self, upload: Upload) -> str:
        if not upload.total_records:
            return cells.two_lines("–", upload.failure_code)
        if upload.is_held:
            waiting = gettext("%(count)s wait for a release")
            return cells.two_lines("–", waiting % {"count": cells.number(upload.total_records)})
        text = gettext("%(valid)s of %(total)s (%(rate)s%%)") % {
            "valid": cells.number(upload.valid_records),
            "total": cells.number(upload.total_records),
            "rate": upload.rates.valid,
        }
        others = (
            (gettext("%(count)s rejected"), upload.error_records),
            (gettext("%(count)s skipped"), upload.skipped_records),
            (gettext("%(count)s not processed"), upload.not_processed),
            (gettext("%(count)s with warnings"), upload.warned_records),
        )
        notes = [note % {"count": cells.number(count)} for note, count in others if count]
        return cells.two_lines(text, ", ".join([*effects_of(upload), *deactivated(upload), *notes]))

    @admin.display(description=_("duration"))
    def took(self, upload: Upload) -> str:
        return cells.two_lines(cells.duration(upload), "")

    @admin.display(description=_("uploaded"), ordering="upload_timestamp")
    def uploaded(self, upload: Upload) -> str:
        if upload.uploaded_by:
            how = cells.by(upload.uploaded_by)
        elif upload.schedule:
            how = gettext("by schedule %(name)s") % {"name": upload.schedule}
        elif upload.is_automatic:
            how = gettext("rows of an earlier upload")
        else:
            how = gettext("by file transfer")
        return cells.two_lines(cells.moment(upload.upload_timestamp), how)

    # --- what staff can do -----------------------------------------------------------------

    @admin.action(description=_("Retry selected uploads"), permissions=["act"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        self._act_on_each(request, queryset, actions.retry, Action.Kind.RETRY)

    @admin.action(description=_("Cancel selected uploads"), permissions=["act"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        self._act_on_each(request, queryset, actions.cancel, Action.Kind.CANCEL)

    def _act_on_each(
        self,
        request: HttpRequest,
        uploads: QuerySet[Upload],
        act: Callable[..., Upload],
        done: Action.Kind,
    ) -> None:
        ids = list(uploads.order_by("upload_timestamp", "pk").values_list("pk", flat=True))
        if len(ids) > MAX_AT_ONCE:
            text = gettext("Select %(most)s uploads or fewer. You selected %(count)s.")
            numbers = {"most": f"{MAX_AT_ONCE:,}", "count": f"{len(ids):,}"}
            self.message_user(request, text % numbers, messages.ERROR)
            return
        acted = sum(self._act(request, upload_id, act, done) for upload_id in ids)
        if acted:
            text = ngettext("%(done)s %(count)s upload.", "%(done)s %(count)s uploads.", acted)
            numbers = {"done": str(done.label), "count": f"{acted:,}"}
            self.message_user(request, text % numbers, messages.SUCCESS)

    def _act(
        self, request: HttpRequest, upload_id: str, act: Callable[..., Upload], done: Action.Kind
    ) -> bool:
        """Do it and log it, both or neither; say why if it is not possible."""
        try:
            with transaction.atomic():
                upload = act(upload_id, by=request.user)
                self.log_change(request, upload, f"{done.label} (run {upload.run}).")
        except actions.NotPossible as reason:
            self.message_user(request, f"{upload_id}: {reason}", messages.ERROR)
            return False
        return True

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._act_view(request, object_id, actions.retry, Action.Kind.RETRY)

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._act_view(request, object_id, actions.cancel, Action.Kind.CANCEL)

    def _act_view(
        self, request: HttpRequest, object_id: str, act: Callable[..., Upload], done: Action.Kind
    ) -> HttpResponse:
        upload = self._visible(request, object_id)
        if not self.has_act_permission(request):
            raise PermissionDenied
        if self._act(request, upload.upload_id, act, done):
            self.message_user(request, f"{done.label} {upload.upload_id}.", messages.SUCCESS)
        return HttpResponseRedirect(cells.upload_address(upload.upload_id))

    # --- the history as a file -------------------------------------------------------------

    @admin.action(description=_("Export selected uploads as CSV"), permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Upload]) -> HttpResponseBase:
        return export(request, queryset)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """All uploads that the list shows for the same query, on all pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:imports_upload_changelist"))
        return export(request, shown.get_queryset(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        query = request.GET.copy()
        query.pop("p", None)  # the page of the list that is shown
        context = {
            **(extra_context or {}),
            "list_query": f"?{query.urlencode()}" if query else "",
            "may_upload": self.has_act_permission(request),
        }
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    # --- one upload ------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "export/",
                self.admin_site.admin_view(self.export_view),
                name="imports_upload_export",
            ),
            row_page(self, "retry", require_POST(self.retry_view)),
            row_page(self, "cancel", require_POST(self.cancel_view)),
            row_page(self, "report", self.report_view),
            row_page(self, "source", self.source_view),
            row_page(self, "progress", self.progress_view),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        object_id = _quoted(object_id)
        context = extra_context or {}
        upload = self.get_object(request, unquote(object_id))
        if upload and self.has_view_permission(request):
            context |= upload_page(upload, may_act=self.has_act_permission(request))
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The progress of an upload; at its end the whole page reloads."""
        upload = self._visible(request, object_id)
        answer = render(request, "imports/admin/upload_progress.html", progress_of(upload))
        if not upload.is_unfinished:
            answer["HX-Refresh"] = "true"
        return answer

    def report_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirect to a short-lived URL of the error report, in the version we wrote."""
        upload = self._visible(request, object_id)
        if not upload.error_file_version:
            _not_there(gettext("This upload has no error report."))
        return _on_to(report_links.download_url(upload, upload.error_file_version))

    def source_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirect to a short-lived URL of the vendor's file, in the version that was imported."""
        upload = self._visible(request, object_id)
        if upload.s3_version is None or upload.source_deleted_at is not None:
            _not_there(gettext("The file is no longer stored."))
        dataset = datasets.all_datasets().get(upload.dataset)
        extension = dataset.format.extension if dataset else "txt"
        name = f"{upload.upload_id}_source.{extension}"  # never the vendor's text in a header
        return _on_to(
            s3.download_link(upload.s3_bucket, upload.s3_key, str(upload.s3_version), name)
        )


def _quoted(object_id: str) -> str:
    """An ID as Django's admin writes it in URLs, also if it was typed in plainly."""
    return quote(object_id) if UPLOAD_ID.fullmatch(object_id) else object_id


def _not_there(reason: str) -> NoReturn:
    raise Http404(reason)


def _on_to(address: str) -> HttpResponse:
    answer = HttpResponseRedirect(address)
    patch_cache_control(answer, no_store=True)
    return answer
