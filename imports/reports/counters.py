"""What an upload has counted, as its pages show it."""

from dataclasses import dataclass

from django.utils.translation import gettext

from imports.models import Upload


@dataclass(frozen=True)
class Counter:
    """`kind` says what is counted, `tone` how that is: "good", "calm", "bad" or "rest"."""

    kind: str
    label: str
    count: int
    tone: str


UNUSUAL = ("unchanged", "corrected", "skipped", "not-processed", "created")


def counters_of(upload: Upload, *, fixed: int = 0) -> list[Counter]:
    """They add up to the total. What usually does not occur is left out where it is 0. `fixed`
    rejected rows were corrected since."""
    counters = of_undo(upload) if upload.is_undo else of_rows(upload, fixed)
    rest = gettext("Remaining") if upload.is_unfinished else gettext("Not processed")
    counters = [*counters, Counter("not-processed", rest, upload.not_processed, "rest")]
    return [each for each in counters if each.count or each.kind not in UNUSUAL]


def of_rows(upload: Upload, fixed: int) -> list[Counter]:
    is_check = upload.is_check
    if upload.updated_records:
        created = gettext("New") if is_check else gettext("Created")
        updated = gettext("Changed") if is_check else gettext("Updated")
        effects = [
            Counter("created", created, upload.created_records, "good"),
            Counter("updated", updated, upload.updated_records, "good"),
        ]
    else:
        imported = gettext("Without errors") if is_check else gettext("Imported")
        effects = [Counter("valid", imported, upload.imported_records, "good")]
    return [
        *effects,
        Counter("unchanged", gettext("Unchanged"), upload.unchanged_records, "calm"),
        Counter("corrected", gettext("Corrected"), fixed, "good"),
        Counter("error", gettext("Rejected"), upload.error_records - fixed, "bad"),
        Counter("skipped", gettext("Skipped"), upload.skipped_records, "calm"),
    ]


def of_undo(upload: Upload) -> list[Counter]:
    return [
        Counter("updated", gettext("Restored"), upload.updated_records, "good"),
        Counter("removed", gettext("Removed"), upload.removed_records, "good"),
        Counter("created", gettext("Added again"), upload.created_records, "good"),
        Counter("unchanged", gettext("Kept"), upload.unchanged_records, "calm"),
        Counter("skipped", gettext("Gone before"), upload.skipped_records, "calm"),
    ]
