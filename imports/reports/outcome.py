"""The result of an upload that has ended, in one sentence: for its page and its email."""

from collections.abc import Iterator

from django.utils.translation import gettext, ngettext

from imports.dataset import Dataset
from imports.models import Upload
from imports.rules.quantities import rows
from imports.rules.refusals import REFUSALS


def outcome(upload: Upload, dataset: Dataset) -> str:
    """ "188 of 500 products imported. 312 rows need fixing." """
    total, rejected = upload.total_records, upload.error_records
    is_check = upload.is_check
    if upload.status == Upload.Status.CANCELLED:
        if not total:
            return gettext("Canceled before any rows were read.")
        text = ngettext(
            "Canceled after %(done)s of %(total)s row.",
            "Canceled after %(done)s of %(total)s rows.",
            total,
        )
    elif upload.failure_code:
        refusal = REFUSALS.get(upload.failure_code)
        return f"{refusal.title}." if refusal else upload.failure_message
    elif is_check and rejected:
        text = ngettext(
            "%(rejected)s of %(total)s row would be rejected.",
            "%(rejected)s of %(total)s rows would be rejected.",
            total,
        )
    elif is_check:
        text = ngettext(
            "%(total)s row passed the check.", "All %(total)s rows passed the check.", total
        )
    elif upload.status == Upload.Status.COMPLETED and upload.imported_records < total:
        text = ngettext(
            "%(valid)s of %(total)s %(noun)s imported.",
            "%(valid)s of %(total)s %(nouns)s imported.",
            total,
        )
    elif upload.status == Upload.Status.COMPLETED:
        text = ngettext("%(total)s %(noun)s imported.", "All %(total)s %(nouns)s imported.", total)
    elif upload.status == Upload.Status.PARTIAL:
        text = ngettext(
            "%(valid)s of %(total)s %(nouns)s imported. %(rejected)s row needs fixing.",
            "%(valid)s of %(total)s %(nouns)s imported. %(rejected)s rows need fixing.",
            rejected,
        )
    elif total == 1:
        text = gettext("The only row couldn’t be imported. It needs fixing.")
    else:
        text = ngettext(
            "None of the %(total)s rows could be imported. %(rejected)s row needs fixing.",
            "None of the %(total)s rows could be imported. %(rejected)s rows need fixing.",
            rejected,
        )
    return " ".join([text, *valid_without_effect(upload)]) % {
        "done": f"{upload.processed_records:,}",
        "total": f"{total:,}",
        "valid": f"{upload.imported_records:,}",
        "unchanged": rows(upload.unchanged_records),
        "rejected": f"{rejected:,}",
        "skipped": rows(upload.skipped_records),
        "noun": dataset.noun,
        "nouns": dataset.nouns,
    }


def valid_without_effect(upload: Upload) -> Iterator[str]:
    """Sentences about valid rows that were not imported, once the others are."""
    if upload.skipped_records and upload.status == Upload.Status.COMPLETED:
        yield gettext("%(skipped)s skipped.")
    if upload.unchanged_records:
        yield gettext("%(unchanged)s unchanged.")
