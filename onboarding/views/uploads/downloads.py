"""The files a vendor gets back. A report is downloaded from the bucket, by a link valid for a
minute."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from imports import datasets
from imports.formats.file_types import XLSX
from imports.models import Upload
from imports.notifications import report_links
from imports.reports.correctable_file import correctable_file, correctable_workbook
from imports.reports.planned_file import planned_file
from imports.reports.same_file import original_stem, rows_to_fix_name
from imports.rules.quantities import days
from onboarding.views.uploads.upload import get_visible_upload


@require_safe
def errors(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Redirects to the error report of the upload's current run."""
    upload = get_visible_upload(request, upload_id)
    if not (upload.error_file_s3_key and upload.error_file_version):
        raise Http404("no report")
    return redirect(report_links.download_url(upload, upload.error_file_version))


@require_safe
def correct(request: HttpRequest, upload_id: str) -> HttpResponseBase:
    """The rejected rows in the vendor's own columns, to fix and upload again."""
    upload = get_correctable_upload(request, upload_id)
    return StreamingHttpResponse(
        correctable_file(upload),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": attachment(rows_to_fix_name(upload.file_name, "csv"))},
    )


@require_safe
def correct_workbook(request: HttpRequest, upload_id: str) -> HttpResponseBase:
    """The same as a workbook, whose wrong cells are red."""
    upload = get_correctable_upload(request, upload_id)
    return HttpResponse(
        correctable_workbook(upload),
        content_type=XLSX,
        headers={"Content-Disposition": attachment(rows_to_fix_name(upload.file_name, "xlsx"))},
    )


def get_correctable_upload(request: HttpRequest, upload_id: str) -> Upload:
    upload = get_visible_upload(request, upload_id)
    if not (upload.completed_at and upload.error_records) or upload.erased_at:
        raise Http404("nothing to correct")
    return upload


@require_safe
def changes(request: HttpRequest, upload_id: str) -> HttpResponseBase:
    """What the import of a checked file would change."""
    upload = get_visible_upload(request, upload_id)
    if not (upload.is_check and upload.plan):
        raise Http404("no planned changes")
    name = original_stem(upload.file_name) + gettext(" - changes") + ".csv"
    return StreamingHttpResponse(
        planned_file(upload, datasets.of_upload(upload)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": attachment(name)},
    )


def attachment(name: str) -> str:
    """The header of a download of this name."""
    return content_disposition_header(True, name) or "attachment"


@require_safe
@login_not_required
def mailed(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the email: anyone who has it can read that one report, for some days,
    and not once the vendor is inactive."""
    try:
        link = report_links.read(token)
    except report_links.LinkExpired:
        link_life = {"link_life": days(settings.REPORT_LINK_DAYS)}
        return render(request, "onboarding/report_expired.html", link_life, status=410)
    except report_links.LinkInvalid as error:
        raise Http404("not a link of ours") from error
    upload = get_object_or_404(Upload, pk=link.upload_id, erased_at=None)
    if upload.vendor and not upload.vendor.is_active:
        raise Http404("the vendor is inactive")
    return redirect(report_links.download_url(upload, link.version, key=link.key))
