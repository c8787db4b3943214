"""What needs doing, as data: which upload asks a person for what, and where to do it.

Each entry of KINDS is one reason to ask, the most urgent first; a further one is a function more.
Only the newest upload of a file counts (see imports/reports/same_file.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext

from imports.actions import why_not_corrected
from imports.holds.reasons import findings_of, waits_for_staff
from imports.models import ErrorCounts, FileSample, Upload
from imports.models.upload import MAY_NEED_SOMETHING
from imports.reports.corrections import left_in
from imports.reports.outcome import ALREADY_IN
from imports.reports.same_file import file_of, read_again
from imports.rules.base import ERROR
from imports.rules.refusals import REFUSALS
from imports.wanted.waiting import says_under_review, under_review
from onboarding.datasets import to_show
from onboarding.uploads.modes import again
from vendors.access import Access

DAYS = 30
DAYS_UNREAD = 7  # of files none of whose rows was imported
MOST = 200  # uploads that are looked at

# By kind, the drawing beside it.
ICONS = {
    "held": "pause",
    "question": "info",
    "rows": "half",
    "checked": "check",
    "refused": "cross",
    "stopped": "turning",
    "already-there": "file",
}


@dataclass(frozen=True)
class Action:
    """A link, or a button that posts."""

    label: str
    address: str
    posts: bool = False


@dataclass(frozen=True)
class Task:
    """One thing to do: what happened, what to do about it, and where. `rows` are to be fixed."""

    kind: str
    upload: Upload
    text: str
    action: Action
    rows: int = 0
    expires_at: datetime | None = None  # when it can no longer be done with the file we have

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


@dataclass(frozen=True)
class ToDo:
    """The tasks, the most urgent first, and of one kind the newest first. `is_cut`: older uploads
    were not looked at."""

    tasks: list[Task]
    is_cut: bool

    @property
    def rows(self) -> str:
        """How many rows are to be fixed."""
        return f"{sum(task.rows for task in self.tasks):,}{'+' if self.is_cut else ''}"


@dataclass(frozen=True)
class Known:
    """What else is known about the uploads: the IDs of those that a question waits for, and of
    those whose rows are all in the catalog; how many rejected rows no correction has, and how many
    of them wait for a category that the vendor has requested."""

    asked: set[str]
    already_in: set[str]
    left: dict[str, int]
    under_review: Mapping[str, int]
    at: datetime

    def is_recent(self, upload: Upload) -> bool:
        return self.at - upload.upload_timestamp < timedelta(days=DAYS_UNREAD)


def question(upload: Upload, known: Known) -> Task | None:
    """A person has to say what the columns of the file are, or how its letters are encoded."""
    if not (upload.upload_id in known.asked and upload.is_refused and upload.can_be_retried):
        return None
    text = gettext("We need to know what its columns hold. Then we continue with this file.")
    label = gettext("Choose columns")
    if upload.failure_code == "BAD_ENCODING":
        text = gettext("We need to know which letters are right. Then we continue with this file.")
        label = gettext("Choose the right letters")
    action = Action(label, reverse("columns", args=[upload.upload_id]))
    return Task("question", upload, text, action, expires_at=expiry_of(upload))


def rows_to_fix(upload: Upload, known: Known) -> Task | None:
    """Rows of an import were rejected. Those of a check are not missing anywhere yet."""
    left = known.left.get(upload.upload_id, 0)
    if upload.failure_code or upload.is_check or not left or upload.erased_at:
        return None
    if upload.upload_id in known.already_in:
        return None
    text = ngettext(
        "%(left)s of %(total)s rows needs fixing.", "%(left)s of %(total)s rows need fixing.", left
    )
    if upload.total_records == 1:
        text = gettext("Its only row needs fixing.")
    if why_not_corrected(upload):
        kind = "correct_workbook" if (upload.layout or {}).get("sheet") else "correct"
        action = Action(gettext("Download rows to fix"), reverse(kind, args=[upload.upload_id]))
        text += " " + gettext("Download them with their errors, fix them and upload that file.")
    else:
        action = Action(gettext("Fix rows"), reverse("fix", args=[upload.upload_id]))
        text += " " + gettext("Correct the values, or download the rows.")
    numbers = {"left": f"{left:,}", "total": f"{upload.total_records:,}"}
    waiting = says_under_review(known.under_review.get(upload.upload_id, 0))
    return Task("rows", upload, f"{text % numbers} {waiting}".strip(), action, left)


def held(upload: Upload, known: Known) -> Task | None:
    """An import waits until a person releases it. For one that waits for staff, there is nothing to
    do, but it is good to know."""
    if not upload.is_held:
        return None
    reasons = " ".join(f"{each.reason.title}." for each in findings_of(upload))
    if waits_for_staff(upload):
        text = gettext("Held until our staff have looked at it.")
        return Task("held", upload, f"{text} {reasons}", page_of(upload))
    text = gettext("Held until you release it. Nothing was imported yet.")
    action = replace(page_of(upload), label=gettext("Review and release"))
    return Task("held", upload, f"{text} {reasons}", action)


def checked(upload: Upload, known: Known) -> Task | None:
    """A check has found rows that can be imported."""
    if not upload.can_be_imported:
        return None
    count, numbers = upload.imported_records, {"count": f"{upload.imported_records:,}"}
    text = ngettext(
        "Checked, not imported: %(count)s row can be imported without sending the file again.",
        "Checked, not imported: %(count)s rows can be imported without sending the file again.",
        count,
    )
    action = replace(page_of(upload), label=gettext("Review and import"))
    return Task("checked", upload, text % numbers, action, expires_at=expiry_of(upload))


def refused(upload: Upload, known: Known) -> Task | None:
    """The file was rejected as a whole."""
    if not (upload.is_refused and known.is_recent(upload)):
        return None
    refusal = REFUSALS.get(upload.failure_code)
    text = f"{upload.failure_message} {refusal.remedy if refusal else ''}".strip()
    action = Action(gettext("Upload fixed file"), reverse("new_upload") + again(upload))
    return Task("refused", upload, text, action)


def stopped(upload: Upload, known: Known) -> Task | None:
    """The run was stopped by an internal failure."""
    if not (upload.failed_internally and upload.can_be_retried and known.is_recent(upload)):
        return None
    text = gettext("A problem on our side stopped this upload. Rows already imported stay.")
    address = reverse("retry", args=[upload.upload_id])
    action = Action(gettext("Retry upload"), address, posts=True)
    return Task("stopped", upload, text, action, expires_at=expiry_of(upload))


def already_there(upload: Upload, known: Known) -> Task | None:
    """All rows were rejected, because the catalog has them. There is nothing to fix in them."""
    if not (upload.upload_id in known.already_in and known.is_recent(upload)):
        return None
    text = ngettext(
        "Nothing was imported: you already have its %(noun)s. To change it, upload the file with "
        "“Update”.",
        "Nothing was imported: you already have all its %(nouns)s. To change them, upload the file "
        "with “Update”.",
        upload.total_records,
    )
    dataset = to_show(upload)
    text %= {"noun": dataset.noun, "nouns": dataset.nouns}
    return Task("already-there", upload, text, page_of(upload))


KINDS: tuple[Callable[[Upload, Known], Task | None], ...] = (
    held,
    question,
    rows_to_fix,
    checked,
    refused,
    stopped,
    already_there,
)


def to_do(access: Access) -> ToDo:
    """What the person can do, in the uploads that they see."""
    at = now()
    found = list(
        Upload.objects.visible_to(access)
        .filter(MAY_NEED_SOMETHING, upload_timestamp__gt=at - timedelta(days=DAYS))
        .exclude(status=Upload.Status.CANCELLED)
        .filter(undone_by=None)
        .select_related("vendor", "undone_by")
        .defer("plan", "mapping", "ignored_columns")
        .order_by("-upload_timestamp", "-upload_id")[:MOST]
    )
    uploads = newest_of_each_file(found)
    known = Known(
        asked=asked(uploads),
        already_in=already_in(uploads),
        left=left_in(uploads),
        under_review=under_review(access.vendor_id) if access.vendor_id else {},
        at=at,
    )
    placed = [task for upload in uploads if (task := task_of(upload, known))]
    tasks = [task for _, task in sorted(placed, key=itemgetter(0))]
    return ToDo(
        [task if access.acts else only_to_see(task) for task in tasks], is_cut=len(found) == MOST
    )


def task_of(upload: Upload, known: Known) -> tuple[int, Task] | None:
    """What the upload asks for, and the place of its kind."""
    for place, kind in enumerate(KINDS):
        if task := kind(upload, known):
            return place, task
    return None


def newest_of_each_file(uploads: list[Upload]) -> list[Upload]:
    """Without those that a later import has read again, and without checks and files that were not
    read if a later one of `uploads`, which are the newest first, is of the same file."""
    done = read_again(uploads)
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for upload in uploads:
        file = file_of(upload)
        is_open = upload.upload_id not in done
        if is_open and (file not in seen or not (upload.is_only_check or upload.failure_code)):
            kept.append(upload)
        if not upload.corrects_id:
            seen.add(file)
    return kept


def asked(uploads: list[Upload]) -> set[str]:
    refused_ones = [upload.upload_id for upload in uploads if upload.is_refused]
    return set(FileSample.objects.filter(pk__in=refused_ones).values_list("pk", flat=True))


def already_in(uploads: list[Upload]) -> set[str]:
    """The IDs of those that were to add rows which the catalog has all of."""
    none_in = {
        upload.upload_id: upload
        for upload in uploads
        if not upload.failure_code and upload.error_records == upload.total_records
        if not upload.is_check and upload.base_mode == Upload.Mode.CREATE
    }
    counts = ErrorCounts.objects.filter(upload__in=none_in, severity=ERROR)
    return {
        found.upload_id
        for found in counts
        if found.run == none_in[found.upload_id].run
        and none_in[found.upload_id].total_records
        == sum(kind["count"] for kind in found.kinds if kind["type"] == ALREADY_IN)
    }


def expiry_of(upload: Upload) -> datetime | None:
    return to_show(upload).source_expires_at(upload)


def page_of(upload: Upload) -> Action:
    return Action(gettext("View upload"), reverse("upload", args=[upload.upload_id]))


def only_to_see(task: Task) -> Task:
    """For people who may see uploads and not act on them."""
    return replace(task, action=page_of(task.upload))
