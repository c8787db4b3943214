"""Uploads. The row in PostgreSQL is the truth about an upload; messages are only hints."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.models.rates import Rates, rates_of
from vendors.access import Access
from vendors.models import Vendor

# A check, as the present version stores it and as earlier ones did.
IS_CHECK = Q(only_check=True) | Q(mode="check")
IS_IMPORT = ~IS_CHECK & ~Q(mode="undo")
HAS_ENDED = Q(completed_at__isnull=False)
# Its run has ended as a check, and a person says whether it is imported.
IS_HELD = Q(status="held")
# An import whose rows are counted.
IS_ENDED_IMPORT = HAS_ENDED & IS_IMPORT
# What may ask a person to do something. Of many imports, these are few.
MAY_NEED_SOMETHING = HAS_ENDED & (Q(status__in=["failed", "partial"]) | IS_CHECK)
# An import that has processed all rows of its file.
HAS_READ_ITS_ROWS = IS_ENDED_IMPORT & Q(
    status__in=["completed", "partial", "failed"], failure_code=""
)


def has_base_mode(mode: str) -> Q:
    """Uploads that import in this mode, and checks of what such an import would do."""
    of_checks = ["", mode] if mode == "create" else [mode]
    return Q(mode=mode) | Q(mode="check", check_of__in=of_checks)


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, access: Access) -> "UploadQuerySet":
        return access.narrow(self, "vendor_id")

    def ended(self) -> "UploadQuerySet":
        return self.filter(status__in=Upload.ENDED)

    def unfinished(self) -> "UploadQuerySet":
        """Those that workers have something to do for."""
        return self.filter(status__in=Upload.UNFINISHED)


# The failure code of an internal failure, which raises an alarm and is not a refusal of the file.
INTERNAL = "INTERNAL"
FAILED_INTERNALLY = Q(status="failed", failure_code=INTERNAL)


# An upload's turn: when its work became due, later by 30 ms for each row that is left (estimated
# from the file's size until they are counted), by 5 minutes at most. So a small file goes before a
# large one, and a large one that has waited for 5 minutes before every file that arrives later. It
# is measured from when the run became due, so that a large file keeps its place for all its slices.
# The turn of work that failed is not before its next attempt, so that an outage does not fill the
# front with uploads that wait. It is an interval since 2000, because an index may not depend on the
# time zone.
TURN = """
greatest(
    coalesce(queued_at, next_attempt_at) - timestamptz '2000-01-01 00:00:00+00'
    + least(10000, CASE WHEN step = 'stage' THEN coalesce(file_size, 0) / 100
                   ELSE total_records - valid_records - error_records - skipped_records END)
      * interval '30 milliseconds',
    CASE WHEN attempts > 0 THEN next_attempt_at - timestamptz '2000-01-01 00:00:00+00' END
)
"""


def title_of_status(status: str, *, is_check: bool) -> str:
    """As people read it: a check imports nothing, so nothing in part either."""
    if is_check and status == Upload.Status.PARTIAL:
        return gettext("Errors found")
    return str(Upload.Status(status).label)


class Upload(models.Model):
    """One object version to import, and the progress of its current run.

    `status` is what users see; `step` is what the pipeline does next. `token` rises at every claim,
    cancel and retry: a worker with an older token can change nothing.

    The methods below are the transitions. Each changes the instance only: the caller holds the
    row's lock and saves it.

    | from step    | method          | to step | status                                        |
    | ------------ | --------------- | ------- | --------------------------------------------- |
    | stage        | `staged`        | load    | processing, since the claim; first to compare |
    |              |                 |         | in mode `replace`                             |
    | compare      | `compared`      | compare | processing; to load with the last rows        |
    | load         | `add_batch`     | load    | processing; to report with the last batch, or |
    |              |                 |         | in mode `replace` to deactivate               |
    | load         | `restart_load`  | load    | processing, from the first row                |
    | deactivate   | `deactivated`   | same    | processing; to report with the last ones      |
    | stage to load | `refuse`       | report  | processing                                    |
    | before done  | `break_off`     | report  | processing                                    |
    | before done  | `cancel`        | report  | canceled                                      |
    | compare, load | `hold`         | same    | processing, from now on as a check            |
    | report       | `end_run`       | notify  | completed, partial, failed, held, or still    |
    |              |                 |         | canceled                                      |
    | notify       | `finish`        | done    | as it was                                     |
    | notify, done | `start_run`     | stage   | received, as the next run                     |
    | undo         | `add_batch`     | undo    | processing; to report with the last batch     |
    | any          | `reschedule`    | same    | as it was, due later                          |
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSING = "processing", _("Processing")
        COMPLETED = "completed", _("Completed")
        PARTIAL = "partial", _("Partially imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Canceled")
        HELD = "held", _("Held")

    # A held upload has not ended: its run has, and it waits for a person.
    ENDED = (Status.COMPLETED, Status.PARTIAL, Status.FAILED, Status.CANCELLED)
    UNFINISHED = (Status.RECEIVED, Status.PROCESSING)
    PROBLEMS = (Status.FAILED, Status.PARTIAL, Status.HELD)  # something needs doing

    class Step(models.TextChoices):
        STAGE = "stage", _("Reading file")
        COMPARE = "compare", _("Comparing with the catalog")
        LOAD = "load", _("Checking and importing rows")
        DEACTIVATE = "deactivate", _("Deactivating what the file lacks")
        UNDO = "undo", _("Undoing")
        REPORT = "report", _("Writing report")
        NOTIFY = "notify", _("Sending email")
        DONE = "done", _("Done")

    class Mode(models.TextChoices):
        CREATE = "create", _("Add new rows")
        UPDATE = "update", _("Update rows and add new ones")
        REPLACE = "replace", _("Replace all rows")
        CHECK = "check", _("Check only")
        UNDO = "undo", _("Undo")

    upload_id = models.CharField(_("upload ID"), primary_key=True, max_length=40)
    vendor = models.ForeignKey(
        Vendor, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("vendor")
    )
    vendor_prefix = models.CharField(max_length=200, help_text="The vendor as the S3 key names it.")
    dataset = models.CharField(_("data set"), max_length=50)
    # `ask` sets these three; `base_mode` and `is_check` read them. A check has the mode `check`,
    # because a version that does not know `only_check` imports all others.
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.CREATE)
    only_check = models.BooleanField(_("check only"), default=False, db_default=False)
    check_of = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="The mode of the import that a check is about.",
    )
    run = models.IntegerField(_("run"), default=1, help_text=_("Rises with every retry."))
    file_name = models.CharField(_("file name"), max_length=255)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("uploaded by"),
    )
    upload_timestamp = models.DateTimeField(_("uploaded"), db_default=Now())
    stored_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When S3 stored the content, by S3's clock; set once. Of rows that waited for a "
        "category, when it stored the file that they are from.",
    )

    s3_bucket = models.CharField(max_length=63)
    s3_key = models.CharField(max_length=1024)
    s3_version = models.CharField(max_length=1024, null=True, blank=True)
    file_size = models.BigIntegerField(null=True, blank=True, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    source_etag = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="S3's mark of the content, to know it again by.",
    )
    source_deleted_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When the personal data in it was erased."
    )
    undoes = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="undone_by",
        help_text="The upload that this one takes back.",
    )
    corrects = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="corrections",
        help_text="The upload whose rejected rows this one has.",
    )
    corrected_rows = models.JSONField(
        null=True,
        blank=True,
        help_text="Which rows of that upload this one has: ranges of their numbers, [first, last].",
    )
    corrected_records = models.IntegerField(
        default=0, db_default=0, help_text="How many rows these are."
    )
    schedule = models.ForeignKey(
        "Schedule",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="What found the object, if a schedule did.",
    )

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED)
    step = models.CharField(max_length=10, choices=Step, default=Step.STAGE)
    failure_code = models.CharField(max_length=30, blank=True)
    failure_message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    notified_at = models.DateTimeField(null=True, blank=True)

    total_records = models.IntegerField(default=0)
    valid_records = models.IntegerField(default=0)
    error_records = models.IntegerField(default=0)
    skipped_records = models.IntegerField(default=0)
    # Valid rows, by what they did; in a check, would do. Uploads of before say only `unchanged`.
    created_records = models.IntegerField(default=0, db_default=0)
    updated_records = models.IntegerField(default=0, db_default=0)
    unchanged_records = models.IntegerField(
        default=0,
        db_default=0,
        help_text="They say what was there, or newer content has set what they say.",
    )
    deactivated_records = models.IntegerField(
        default=0, db_default=0, help_text="Records that the file lacks, in mode `replace`."
    )
    removed_records = models.IntegerField(
        default=0, db_default=0, help_text="Valid, too: products that an undo has removed."
    )
    warned_records = models.IntegerField(
        default=0, db_default=0, help_text="Rows with a warning, rejected or not."
    )
    error_file_s3_key = models.CharField(max_length=1024, blank=True)
    error_file_version = models.CharField(max_length=1024, blank=True)

    layout = models.JSONField(null=True, blank=True, help_text="How the file is to be read.")
    ignored_columns = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(
        null=True, blank=True, help_text="What a person said about the columns of this file."
    )
    plan = models.JSONField(
        null=True, blank=True, help_text="What a check found that an import would change."
    )
    held_reason = models.JSONField(
        null=True,
        blank=True,
        help_text="Why the import needs a look: findings, as imports.holds.finding writes them.",
    )
    released = models.BooleanField(
        default=False, db_default=False, help_text="It was held, and is imported all the same."
    )
    left_out_rows = models.JSONField(
        null=True,
        blank=True,
        help_text="Rows that a reviewer has rejected: ranges of their numbers, [first, last].",
    )
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text="When those who can release it were reminded."
    )
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When staff got an alarm that it waits for them."
    )
    staged_token = models.BigIntegerField(null=True, blank=True)
    staged_items = models.IntegerField(default=0)
    cursor = models.IntegerField(default=0, help_text="Staged items that have been loaded.")

    restarts = models.IntegerField(
        default=0,
        db_default=0,
        help_text="Times the load began again because a crash had taken its rows.",
    )

    token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="When work is due.")
    queued_at = models.DateTimeField(
        null=True, blank=True, help_text="When this run was due for the first time."
    )
    attempts = models.IntegerField(default=0, help_text="Failures since the last progress.")
    sweep_failures = models.IntegerField(
        default=0,
        db_default=0,
        help_text="Times a sweep could not delete what is to be deleted.",
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        db_table = "upload_history"
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-upload_timestamp", "-upload_id"]
        permissions = [
            ("act_on_upload", "Can retry and cancel uploads"),
            ("release_upload", "Can release and reject held uploads"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["s3_bucket", "s3_key", "s3_version"], name="upload_history_object_unique"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["completed", "partial"])
                | Q(total_records=F("valid_records") + F("error_records") + F("skipped_records")),
                name="upload_history_rows_add_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="upload_history_due",
            ),
            # For the fair order of claims (execution/fair_order.py).
            models.Index(
                Func(template=f"({TURN})", output_field=models.DurationField()),
                condition=Q(next_attempt_at__isnull=False),
                name="upload_history_turns",
            ),
            models.Index(
                F("vendor_prefix"),
                Func(template=f"({TURN})", output_field=models.DurationField()),
                condition=Q(next_attempt_at__isnull=False),
                name="upload_history_vendors_turns",
            ),
            models.Index(
                fields=["vendor_prefix"],
                condition=Q(lease_until__isnull=False),
                name="upload_history_leased",
            ),
            models.Index(
                fields=["vendor", "-upload_timestamp", "-upload_id"],
                name="upload_history_vendors_order",
            ),
            models.Index(fields=["-upload_timestamp", "-upload_id"], name="upload_history_order"),
            models.Index(fields=["status", "-upload_timestamp"], name="upload_history_by_status"),
            # For the sweeps that delete source objects and the history.
            models.Index(
                fields=["completed_at"],
                condition=Q(source_deleted_at__isnull=True),
                name="upload_history_with_source",
            ),
            models.Index(fields=["completed_at"], name="upload_history_by_end"),
            models.Index(fields=["completed_at"], condition=IS_HELD, name="upload_history_held"),
            # For the first page: what needs doing, what a later file has done, and the totals.
            models.Index(
                fields=["vendor", "-upload_timestamp", "-upload_id"],
                condition=MAY_NEED_SOMETHING,
                name="upload_history_to_do",
            ),
            models.Index(
                fields=["vendor_prefix", "dataset", "file_name", "upload_timestamp"],
                condition=HAS_READ_ITS_ROWS,
                name="upload_history_same_file",
            ),
            models.Index(
                fields=["vendor", "upload_timestamp"],
                include=[
                    "valid_records",
                    "created_records",
                    "updated_records",
                    "unchanged_records",
                ],
                condition=IS_ENDED_IMPORT,
                name="upload_history_imports",
            ),
        ]

    def __str__(self) -> str:
        return self.upload_id

    @property
    def is_automatic(self) -> bool:
        """No person sent it: it has rows of an earlier upload that waited for a decision. So has
        one whose sender was deleted; files that were dropped into S3 have keys of their own."""
        is_ours = f"/{self.upload_id}/" in self.s3_key
        return is_ours and self.corrects_id is not None and self.uploaded_by_id is None

    @property
    def content_at(self) -> datetime:
        """When the content was stored; of uploads of before, when the upload was created."""
        return self.stored_at or self.upload_timestamp

    @property
    def content_order(self) -> tuple[datetime, str]:
        """Newer content has a higher one. Two files of the same moment are ordered by their IDs."""
        return self.content_at, self.upload_id

    @property
    def has_ended(self) -> bool:
        return self.status in self.ENDED

    @property
    def is_unfinished(self) -> bool:
        """Workers have something to do for it."""
        return self.status in self.UNFINISHED

    @property
    def is_held(self) -> bool:
        """It waits for a person who releases or rejects it. Nothing of it was imported."""
        return self.status == self.Status.HELD

    @property
    def records_to_import(self) -> int:
        """Of a check: how many records an import would add, change or deactivate."""
        return self.imported_records + self.deactivated_records

    @property
    def imported_records(self) -> int:
        """Valid rows that changed something; in a check, that would."""
        return self.valid_records - self.unchanged_records

    @property
    def has_changed_something(self) -> bool:
        """It is recorded what."""
        changed = self.created_records + self.updated_records
        return bool(changed + self.removed_records + self.deactivated_records)

    @property
    def says_what_it_did(self) -> bool:
        """How many rows created something and how many changed something is known."""
        known = self.created_records + self.updated_records + self.unchanged_records
        return known + self.removed_records == self.valid_records

    @property
    def processed_records(self) -> int:
        """Rows validated so far in this run."""
        return self.valid_records + self.error_records + self.skipped_records

    @property
    def not_processed(self) -> int:
        """Rows that a canceled or broken-off run did not reach."""
        return self.total_records - self.processed_records

    @property
    def rates(self) -> Rates:
        return rates_of(
            total=self.total_records,
            valid=self.valid_records,
            skipped=self.skipped_records,
            errors=self.error_records,
        )

    @property
    def success_rate(self) -> int:
        return self.rates.success

    @property
    def is_check(self) -> bool:
        """Its rows are validated, and nothing is imported."""
        return self.only_check or self.mode == self.Mode.CHECK

    @property
    def is_only_check(self) -> bool:
        """A check is all that was asked for; it is not an import that is held."""
        return self.is_check and self.held_reason is None

    @property
    def has_changed_records(self) -> bool:
        """It has created, changed, deactivated or removed some."""
        return not self.is_check and (self.imported_records > 0 or self.deactivated_records > 0)

    @property
    def is_undo(self) -> bool:
        """It takes back what another upload did, and has no file."""
        return self.mode == self.Mode.UNDO

    @property
    def replaces(self) -> bool:
        """Stored records that the file lacks are deactivated, or would be."""
        return self.base_mode == self.Mode.REPLACE

    @property
    def awaits_file(self) -> bool:
        """Its object has not arrived yet."""
        return self.s3_version is None and not self.is_undo

    @property
    def base_mode(self) -> str:
        """How it imports its rows, or how the import would that it checks."""
        return (self.check_of or self.Mode.CREATE) if self.mode == self.Mode.CHECK else self.mode

    @property
    def mode_of_corrections(self) -> str:
        """How its rejected rows are imported once they are corrected. They are not the whole
        catalog."""
        return self.Mode.UPDATE.value if self.replaces else self.base_mode

    @property
    def status_title(self) -> str:
        return title_of_status(self.status, is_check=self.is_check)

    @property
    def failed_internally(self) -> bool:
        """The run was stopped by an internal failure."""
        return self.failure_code == INTERNAL

    @property
    def is_refused(self) -> bool:
        """The file was rejected as a whole: none of its rows was validated."""
        return bool(self.failure_code) and not self.failed_internally

    @property
    def can_be_cancelled(self) -> bool:
        return not self.has_ended

    @property
    def is_being_finished(self) -> bool:
        """Its report is not written yet, or its email is not queued. A new run would prevent
        them."""
        return self.step != self.Step.DONE

    @property
    def can_be_retried(self) -> bool:
        """It has ended without importing all rows, and can have another run."""
        return self._can_run_again and self.status != self.Status.COMPLETED

    @property
    def can_be_imported(self) -> bool:
        """It is a check that has found rows to import, and can have another run."""
        return self._can_run_again and self.has_passed and bool(self.records_to_import)

    @property
    def has_passed(self) -> bool:
        """It is a check that was done to its end."""
        return self.is_check and self.status in {self.Status.COMPLETED, self.Status.PARTIAL}

    @property
    def can_be_decided(self) -> bool:
        """It is held, and no worker is finishing the run that has held it."""
        return self.is_held and not self.is_being_finished

    @property
    def _can_run_again(self) -> bool:
        """It has ended, no worker is finishing it, and its source object still exists."""
        has_source = self.s3_version is not None and self.source_deleted_at is None
        return self.has_ended and not self.is_being_finished and (has_source or self.is_undo)

    # --- transitions ---------------------------------------------------------------------------

    # Fields that belong to one run; the next run starts with their defaults.
    PER_RUN = (
        *("status", "step", "failure_code", "failure_message"),
        *("queued_at", "started_at", "completed_at", "notified_at"),
        *("total_records", "valid_records", "error_records", "skipped_records"),
        *("created_records", "updated_records", "unchanged_records", "removed_records"),
        *("deactivated_records", "warned_records"),
        *("error_file_s3_key", "error_file_version", "layout", "ignored_columns", "plan"),
        *("held_reason", "reminded_at", "escalated_at"),
        *("staged_token", "staged_items", "cursor", "restarts", "attempts", "lease_until"),
    )

    def ask(self, mode: str, *, only_check: bool = False) -> None:
        """Say how the file is to be imported; with `only_check`, what that would do. Mode `check`
        is a check of `create`."""
        base = self.Mode.CREATE.value if mode == self.Mode.CHECK else mode
        self.only_check = only_check or mode == self.Mode.CHECK
        self.mode = self.Mode.CHECK if self.only_check else base
        self.check_of = base if self.only_check else ""

    def start_run(self) -> None:
        """Start the next run from the beginning. Workers with an older token are fenced out."""
        if self.held_reason:
            self.ask(self.base_mode)  # only the run that was held was a check
        for field in self._meta.concrete_fields:
            if field.name in self.PER_RUN:
                setattr(self, field.name, field.get_default())
        self.step = self._first_step
        self.run += 1
        self.token += 1
        self.next_attempt_at = Now()

    @property
    def _first_step(self) -> "Upload.Step":
        return self.Step.UNDO if self.is_undo else self.Step.STAGE

    def ask_to_undo(self, undone: "Upload") -> None:
        """Say that this upload takes back what `undone` did."""
        self.mode = self.Mode.UNDO
        self.undoes = undone
        self.step = self._first_step
        self.next_attempt_at = Now()

    def correct(self, corrected: "Upload", rows: list[list[int]]) -> None:
        """Say that this upload has these rejected rows of another one: ranges of their numbers."""
        self.corrects = corrected
        self.corrected_rows = rows
        self.corrected_records = sum(last - first + 1 for first, last in rows)

    def planned(self, *, products: int, last: int, layout: dict[str, Any]) -> None:
        """An undo goes through this many products, in the order of their keys up to `last`."""
        self.layout = layout
        self.total_records = products
        self.staged_items = last
        self.cursor = 0

    def staged(
        self,
        *,
        layout: dict[str, Any],
        ignored_columns: list[str],
        sha256: str,
        size: int,
        rows: int,
        items: int,
    ) -> None:
        """All `rows` are staged in `items` items, under the current token."""
        self.layout = layout
        self.ignored_columns = ignored_columns
        self.sha256 = sha256
        self.file_size = size
        self.total_records = rows
        self.staged_token = self.token
        self.staged_items = items
        self.cursor = 0
        self.step = self.Step.COMPARE if self.replaces else self.Step.LOAD

    def compared(self, *, cursor: int) -> None:
        """The identities of the items up to `cursor` are claimed."""
        self.cursor = cursor
        if cursor >= self.staged_items:
            self.step = self.Step.LOAD
            self.cursor = 0

    def add_batch(
        self,
        *,
        cursor: int,
        created: int,
        updated: int,
        unchanged: int,
        errors: int,
        skipped: int,
        warned: int = 0,
        removed: int = 0,
    ) -> None:
        """The items up to `cursor` are loaded, or in an undo the products up to that key. A number
        may be negative (see BatchOutcome)."""
        self.cursor = cursor
        self.valid_records += created + updated + unchanged + removed
        self.removed_records += removed
        self.created_records += created
        self.updated_records += updated
        self.unchanged_records += unchanged
        self.error_records += errors
        self.skipped_records += skipped
        self.warned_records += warned
        if cursor >= self.staged_items:
            self.step = self.Step.REPORT
            if self.replaces:
                self.step = self.Step.DEACTIVATE
                self.cursor = 0

    def deactivated(self, *, count: int, cursor: int, done: bool) -> None:
        """More records that the file lacks are inactive, all up to the key `cursor`; all of them if
        `done`."""
        self.cursor = cursor
        self.deactivated_records += count
        if done:
            self.step = self.Step.REPORT

    def hold(self, reason: list[dict[str, Any]]) -> None:
        """The import needs a look: the run goes on as a check, and ends held."""
        self.ask(self.base_mode, only_check=True)
        self.held_reason = reason

    def release(self, *, without: list[list[int]]) -> None:
        """The next run imports the file, without these rows: ranges of their numbers."""
        self.released = True
        self.left_out_rows = without or None

    def read_differently(self) -> None:
        """The next run reads the file in another way, or does something else with it: what was
        released is no longer what it does."""
        self.released = False
        self.left_out_rows = None

    def restart_load(self) -> None:
        """Load from the first row again."""
        self.restarts += 1
        self.cursor = 0
        self.valid_records = self.error_records = self.skipped_records = self.warned_records = 0
        self.created_records = self.updated_records = self.unchanged_records = 0

    def refuse(self, code: str, message: str) -> None:
        """Reject the file as a whole; the report step ends the run."""
        self.failure_code = code
        self.failure_message = message
        self.step = self.Step.REPORT
        self.next_attempt_at = Now()

    def break_off(self, message: str) -> None:
        """Stop the run because of an internal failure; the report step ends it."""
        self.refuse(INTERNAL, message)

    def cancel(self) -> None:
        """Stop the run. Workers with an older token are fenced out."""
        self.token += 1
        self.status = self.Status.CANCELLED
        self.step = self.Step.REPORT
        self.attempts = 0
        self.reschedule()

    def end_run(self, *, at: datetime) -> None:
        """Set the final status, which follows from the counts and the failure, if any."""
        if self.status != self.Status.CANCELLED:
            if self.held_reason and not self.failure_code and not self.records_to_import:
                self.ask(self.base_mode)  # an import would have done the same: nothing
                self.held_reason = None
            self.status = self._outcome()
        self.completed_at = at
        self.step = self.Step.NOTIFY

    def _outcome(self) -> "Upload.Status":
        if self.failure_code:
            return self.Status.FAILED
        if self.held_reason:
            return self.Status.HELD
        if not self.error_records:
            return self.Status.COMPLETED
        if self.valid_records or self.skipped_records:
            return self.Status.PARTIAL
        return self.Status.FAILED

    def finish(self) -> None:
        """Mark the upload as done."""
        self.step = self.Step.DONE
        self.lease_until = self.next_attempt_at = None

    def reschedule(self, *, seconds: float = 0) -> None:
        """Release the lease; work is due again after `seconds`."""
        self.lease_until = None
        self.next_attempt_at = Now() + timedelta(seconds=seconds)

    def extend_lease(self, *, seconds: float) -> None:
        self.lease_until = Now() + timedelta(seconds=seconds)

    def erase(self, *, at: datetime, failure_message: str) -> None:
        """Clear fields that may quote personal data, and the keys of reports, which are deleted."""
        self.source_deleted_at = self.source_deleted_at or at
        self.erased_at = at
        self.error_file_s3_key = self.error_file_version = ""
        self.layout = None  # contains values if the file has no header
        self.ignored_columns = []
        if self.failure_message:
            self.failure_message = failure_message
