"""The content of the page of one upload."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from imports import datasets
from imports.actions import why_not_undone
from imports.admin import cells
from imports.dataset import Dataset
from imports.formats.layout import Layout
from imports.models import RowError, RowErrorQuerySet, Upload
from imports.notifications import addresses
from imports.reports.counters import counters_of
from imports.reports.error_counts import counts_of, unlisted
from imports.reports.summary import groups_of
from imports.rules.base import NOTICE, WARNING
from imports.rules.refusals import REFUSALS

MAX_ERRORS = 50
DELIMITERS = {
    ",": _("comma"),
    ";": _("semicolon"),
    "\t": _("tab"),
    "|": _("pipe"),
    "": _("one column"),
}


def upload_page(upload: Upload, *, may_act: bool) -> dict[str, Any]:
    """All of it, in a constant number of queries."""
    dataset = datasets.all_datasets().get(upload.dataset)
    layout = datasets.layout_of(upload)
    counts = counts_of(upload)
    groups = groups_of(counts, datasets.of_upload(upload)) if dataset else []
    found = RowError.objects.of_run(upload)
    errors = listed(found.errors(), dataset, layout)
    warnings = listed(found.warnings(), dataset, layout) if upload.warned_records else []
    notices = listed(found.notices(), dataset, layout)
    undone_by = Upload.objects.filter(undoes=upload).first()
    can_be_undone = may_act and not why_not_undone(upload)
    return {
        **progress_of(upload),
        "title": upload.upload_id,
        "subtitle": None,
        "dataset_title": datasets.title_of(upload.dataset),
        "mode_title": dataset.title_of_mode(upload) if dataset else upload.mode,
        "by_vendor": dataset is None or dataset.by_vendor,
        "refusal": REFUSALS.get(upload.failure_code),
        "groups": groups,
        "stored_count": counts.stored_errors,
        "unlisted": unlisted(counts),
        "listings": [
            ("errors", errors, counts.errors),
            ("warnings", warnings, counts_of(upload, WARNING).errors if warnings else 0),
            ("notices", notices, counts_of(upload, NOTICE).errors if notices else 0),
        ],
        "mails": upload.notifications.order_by("-run", "pk").defer("text_body", "html_body"),
        "digest_runs": upload.digest_runs.select_related("digest", "user").order_by("-run", "pk"),
        "answers": upload.outbox_files.order_by("-run", "-kind").defer("content"),
        "actions": upload.actions.select_related("by"),
        "encoding": layout.encoding,
        "delimiter": DELIMITERS.get(layout.delimiter, "") if layout.header else "",
        "has_report": bool(upload.error_file_version),
        "has_source": upload.s3_version is not None and upload.source_deleted_at is None,
        "is_check": upload.is_only_check,
        "may_retry": may_act and upload.can_be_retried and not undone_by,
        "undone_by": undone_by,
        "undo_url": addresses.undo_url(upload.upload_id) if can_be_undone else "",
        "may_cancel": may_act and upload.can_be_cancelled,
    }


def listed(
    found: RowErrorQuerySet, dataset: Dataset | None, layout: Layout
) -> list[dict[str, Any]]:
    """The first ones in the order of the file, with their rows."""
    return [
        {
            "error": error,
            "column": dataset.label(error.column_name) if dataset else error.column_name,
            "row": in_file_order(error.original_data or {}, layout),
        }
        for error in found.order_by("row_number", "error_id")[:MAX_ERRORS]
    ]


def in_file_order(row: dict[str, str], layout: Layout) -> dict[str, str]:
    """A rejected row in the order of the file's columns, which the database does not keep."""
    names = [name for name in layout.column_names if name in row]
    return {name: row[name] for name in dict.fromkeys([*names, *row])}


def progress_of(upload: Upload) -> dict[str, Any]:
    """What changes while the upload is in progress, and the counters that add up at its end."""
    return {
        "upload": upload,
        "badge": cells.status_badge(upload),
        "took": cells.duration(upload),
        "counters": counters_of(upload),
    }
