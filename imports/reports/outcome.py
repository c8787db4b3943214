"""The result of an upload that has ended, in one sentence: for its page and its email."""

from collections.abc import Iterator

from django.utils.translation import gettext, ngettext

from imports.dataset import Dataset
from imports.datasets import layout_of
from imports.holds.reasons import waits_for_staff
from imports.models import Upload
from imports.models.upload import IS_CHECK
from imports.reports.corrections import of_first_file
from imports.reports.error_counts import counts_of
from imports.rules.quantities import rows
from imports.rules.refusals import REFUSALS
from imports.rules.wording import as_sentence, truncate

ALREADY_IN = "DUPLICATE_VENDOR_PRODUCT_ID"


def outcome(upload: Upload, dataset: Dataset, *, fixed: int = 0) -> str:
    """ "188 of 500 products imported. 312 rows need fixing." `fixed` rows were corrected since."""
    if upload.failure_code and upload.status != Upload.Status.CANCELLED:
        refusal = REFUSALS.get(upload.failure_code)
        return f"{refusal.title}." if refusal else upload.failure_message
    if upload.is_held:
        return of_held(upload, dataset)
    text = of_undo(upload) if upload.is_undo else of_rows(upload, dataset, fixed)
    return f"{text} {of_first_file(upload, dataset)}".strip()


def of_rows(upload: Upload, dataset: Dataset, fixed: int) -> str:
    """What became of the rows of a file."""
    total, rejected = upload.total_records, upload.error_records - fixed
    is_check = upload.is_check
    if upload.status == Upload.Status.CANCELLED:
        if not total:
            return gettext("Canceled before any rows were read.")
        text = ngettext(
            "Canceled after %(done)s of %(total)s row.",
            "Canceled after %(done)s of %(total)s rows.",
            total,
        )
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
    elif upload.status == Upload.Status.COMPLETED and upload.updated_records == total:
        text = ngettext("%(total)s %(noun)s updated.", "All %(total)s %(nouns)s updated.", total)
    elif upload.status == Upload.Status.COMPLETED:
        text = ngettext("%(total)s %(noun)s imported.", "All %(total)s %(nouns)s imported.", total)
    elif fixed and not rejected:
        text = ngettext(
            "%(valid)s of %(total)s %(noun)s imported. All rejected rows are corrected.",
            "%(valid)s of %(total)s %(nouns)s imported. All rejected rows are corrected.",
            total,
        )
    elif upload.status == Upload.Status.PARTIAL or fixed:
        text = ngettext(
            "%(valid)s of %(total)s %(nouns)s imported. %(rejected)s row needs fixing.",
            "%(valid)s of %(total)s %(nouns)s imported. %(rejected)s rows need fixing.",
            rejected,
        )
    else:
        text = none_imported(upload)
    return " ".join([text, *what_rows_did(upload), *warned(upload)]) % {
        "done": f"{upload.processed_records:,}",
        "total": f"{total:,}",
        "valid": f"{upload.imported_records + fixed:,}",
        "rejected": f"{rejected:,}",
        "skipped": rows(upload.skipped_records),
        "warned": f"{upload.warned_records:,}",
        "noun": dataset.noun,
        "nouns": dataset.nouns,
    }


def effects_of(upload: Upload) -> list[str]:
    """What the valid rows did, if they did not all create something: "12 created", "300 updated",
    "188 unchanged"; of a check: "12 new", "300 changed", "188 unchanged"; of an undo: "300
    restored", "12 removed"."""
    if upload.is_undo:
        return effects_of_undo(upload)
    created, updated, same = (
        upload.created_records,
        upload.updated_records,
        upload.unchanged_records,
    )
    if upload.says_what_it_did and created == upload.valid_records:
        return []
    if upload.is_check:
        counts = [(gettext("%(count)s new"), created), (gettext("%(count)s changed"), updated)]
    else:
        counts = [(gettext("%(count)s created"), created), (gettext("%(count)s updated"), updated)]
    known = counts if upload.says_what_it_did else []
    return [
        text % {"count": f"{number:,}"}
        for text, number in (*known, (gettext("%(count)s unchanged"), same))
        if number
    ]


def deactivated(upload: Upload) -> list[str]:
    """How many records the file lacked: "5 deactivated"; of a check: "5 to deactivate"."""
    if not upload.deactivated_records:
        return []
    text = gettext("%(count)s deactivated")
    if upload.is_check:
        text = gettext("%(count)s to deactivate")
    return [text % {"count": f"{upload.deactivated_records:,}"}]


def of_held(upload: Upload, dataset: Dataset) -> str:
    """ "Held until you release it. 20 of 22 products would be imported." """
    first = gettext("Held until you release it.")
    if waits_for_staff(upload):
        first = gettext("Held until our staff have looked at it.")
    count = upload.records_to_import
    text = ngettext(
        "Nothing was imported yet. %(count)s %(noun)s would change.",
        "Nothing was imported yet. %(count)s %(nouns)s would change.",
        count,
    )
    numbers = {"count": f"{count:,}", "noun": dataset.noun, "nouns": dataset.nouns}
    effects = ", ".join([*effects_of(upload), *deactivated(upload)])
    return f"{first} {text % numbers}" + (f" {effects}." if effects else "")


def of_undo(upload: Upload) -> str:
    """ "Undone: 300 products restored, 12 removed, 3 kept." """
    if upload.status == Upload.Status.CANCELLED:
        text = ngettext(
            "Canceled after %(done)s of %(total)s product.",
            "Canceled after %(done)s of %(total)s products.",
            upload.total_records,
        )
    elif not upload.total_records:
        text = gettext("Undone. There was nothing left to take back.")
    else:
        text = gettext("Undone.")
    effects = effects_of_undo(upload)
    return " ".join([text, *([f"{', '.join(effects)}."] if effects else [])]) % {
        "done": f"{upload.processed_records:,}",
        "total": f"{upload.total_records:,}",
    }


def effects_of_undo(upload: Upload) -> list[str]:
    """What became of the products: "300 restored", "12 removed"."""
    counts = (
        (gettext("%(count)s restored"), upload.updated_records),
        (gettext("%(count)s removed"), upload.removed_records),
        (gettext("%(count)s added again"), upload.created_records),
        (gettext("%(count)s kept (changed since)"), upload.unchanged_records),
        (gettext("%(count)s gone before"), upload.skipped_records),
    )
    return [text % {"count": f"{number:,}"} for text, number in counts if number]


def what_rows_did(upload: Upload) -> Iterator[str]:
    """Sentences about valid rows that were skipped or did not all do the same."""
    if upload.skipped_records and upload.status == Upload.Status.COMPLETED:
        yield gettext("%(skipped)s skipped.")
    effects = effects_of(upload)
    if effects and upload.updated_records < upload.total_records:
        yield f"{', '.join(effects)}."
    yield from (f"{text}." for text in deactivated(upload))


def warned(upload: Upload) -> Iterator[str]:
    if upload.warned_records:
        yield ngettext(
            "%(warned)s row has warnings.", "%(warned)s rows have warnings.", upload.warned_records
        )


def none_imported(upload: Upload) -> str:
    total, rejected = upload.total_records, upload.error_records
    if same := already_imported(upload):
        day = f"{same.upload_timestamp:%Y-%m-%d, %H:%M} UTC"
        text = ngettext(
            "You uploaded this file on {day}. Its %(noun)s is already in your catalog.",
            "You uploaded this file on {day}. All %(total)s %(nouns)s are already in your catalog.",
            total,
        )
        return text.format(day=day)
    if total == 1:
        return gettext("The only row couldn’t be imported. It needs fixing.")
    return ngettext(
        "None of the %(total)s rows could be imported. %(rejected)s row needs fixing.",
        "None of the %(total)s rows could be imported. %(rejected)s rows need fixing.",
        rejected,
    )


def already_imported(upload: Upload) -> Upload | None:
    """The earlier upload of the same file, if all rows of this one are rejected because the
    vendor's catalog has them."""
    if (
        upload.is_check
        or upload.base_mode != Upload.Mode.CREATE
        or not upload.sha256
        or not upload.total_records
        or upload.error_records != upload.total_records
    ):
        return None
    known = sum(kind["count"] for kind in counts_of(upload).kinds if kind["type"] == ALREADY_IN)
    if known != upload.total_records:
        return None
    same = Upload.objects.filter(
        vendor=upload.vendor,
        dataset=upload.dataset,
        sha256=upload.sha256,
        valid_records__gt=0,
        upload_timestamp__lt=upload.upload_timestamp,
    )
    return same.exclude(IS_CHECK).order_by("-upload_timestamp").first()


def left_out(upload: Upload) -> str:
    """Which columns were not imported, in one sentence, or ""."""
    names = [truncate(name) for name in upload.ignored_columns]
    if not names:
        return ""
    if layout_of(upload).is_answered:  # they were left out on purpose
        words = ngettext(
            "This column was not imported: %(names)s.",
            "These columns were not imported: %(names)s.",
            len(names),
        )
        return words % {"names": as_sentence(names)}
    return ngettext(
        "This column was not imported, because we do not know its name: %(names)s.",
        "These columns were not imported, because we do not know their names: %(names)s.",
        len(names),
    ) % {"names": as_sentence(names)}
