"""The history of uploads as a download."""

import logging

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.timezone import now

from imports.models import Upload
from imports.reports.history_csv import history_file
from vendors.access import access_of

log = logging.getLogger(__name__)
ROWS_PER_FETCH = 2_000


def export(request: HttpRequest, uploads: QuerySet[Upload]) -> StreamingHttpResponse:
    """Those of `uploads` that this user may see, as a download.

    Rows are read from the database as the file is written, so its length does not matter.
    """
    log.info("user %s exports the history", request.user.pk)
    visible = Upload.objects.visible_to(access_of(request.user)).order_by().values("pk")
    chosen = uploads.filter(pk__in=visible).select_related("vendor", "uploaded_by", "schedule")
    return StreamingHttpResponse(
        history_file(chosen.iterator(ROWS_PER_FETCH)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="uploads-{now():%Y%m%d-%H%M%S}.csv"',
            "Cache-Control": "no-store",
        },
    )
