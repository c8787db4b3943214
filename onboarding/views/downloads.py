"""The files a vendor gets back. Downloads go to the bucket through addresses good for a minute."""

from pathlib import PurePosixPath

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from imports.models import Upload
from imports.notifications import report_links
from imports.reports import correctable_file
from onboarding.views.upload import visible


@require_safe
def errors(request: HttpRequest, upload_id: str) -> HttpResponse:
    """To the error report of the upload's run."""
    upload = visible(request, upload_id)
    if not (upload.error_file_s3_key and upload.error_file_version):
        raise Http404("no report")
    return redirect(report_links.download_url(upload, upload.error_file_version))


@require_safe
def correct(request: HttpRequest, upload_id: str) -> HttpResponseBase:
    """The rejected rows in the vendor's own columns, to mend and to upload again."""
    upload = visible(request, upload_id)
    if not (upload.completed_at and upload.error_records) or upload.erased_at:
        raise Http404("nothing to correct")
    name = f"{PurePosixPath(upload.file_name).stem} - to correct.csv"
    return StreamingHttpResponse(
        correctable_file.correctable_file(upload),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )


@require_safe
@login_not_required
def mailed(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the e-mail: whoever has it may read that one report, for some days."""
    try:
        link = report_links.read(token)
    except report_links.LinkExpired:
        days = {"days": settings.REPORT_LINK_DAYS}
        return render(request, "onboarding/report_expired.html", days, status=410)
    except report_links.LinkInvalid as error:
        raise Http404("nobody issued this link") from error
    upload = get_object_or_404(Upload, pk=link.upload_id, erased_at=None)
    return redirect(report_links.download_url(upload, link.version, key=link.key))
