"""What is known about every upload: the rows in PostgreSQL that are the truth."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.timezone import now

from vendors.access import Access
from vendors.models import Vendor


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, access: Access) -> "UploadQuerySet":
        return access.narrow(self, "vendor_id")

    def ended(self) -> "UploadQuerySet":
        return self.filter(status__in=Upload.ENDED)

    def under_way(self) -> "UploadQuerySet":
        return self.exclude(status__in=Upload.ENDED)


class Upload(models.Model):
    """One object version to import, and how far its current run has come.

    `status` is what people see; `step` is what the pipeline does next. `token` rises at every
    claim, cancel and retry: whoever holds an older one can change nothing any more.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        PARTIAL = "partial", "Partial"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ENDED = (Status.COMPLETED, Status.PARTIAL, Status.FAILED, Status.CANCELLED)

    class Step(models.TextChoices):
        STAGE = "stage", "Reading the file"
        LOAD = "load", "Checking and importing rows"
        REPORT = "report", "Writing the report"
        NOTIFY = "notify", "Sending the e-mail"
        DONE = "done", "Done"

    class Mode(models.TextChoices):
        CREATE = "create", "Add new products"
        UPDATE = "update", "Update products and add new ones"
        CHECK = "check", "Check only, import nothing"

    upload_id = models.CharField(primary_key=True, max_length=40)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True)
    vendor_prefix = models.CharField(max_length=200, help_text="The vendor as the S3 key names it.")
    dataset = models.CharField(max_length=50)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.CREATE)
    run = models.IntegerField(default=1, help_text="Rises with every retry.")
    file_name = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    upload_timestamp = models.DateTimeField(db_default=Now())

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
    schedule = models.ForeignKey(
        "Schedule",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        help_text="What found the object, if a schedule did.",
    )

    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
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
    error_file_s3_key = models.CharField(max_length=1024, blank=True)
    error_file_version = models.CharField(max_length=1024, blank=True)

    layout = models.JSONField(null=True, blank=True, help_text="How the file is to be read.")
    ignored_columns = models.JSONField(default=list, blank=True)
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
    attempts = models.IntegerField(default=0, help_text="Failures since the last progress.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        db_table = "upload_history"
        ordering = ["-upload_timestamp", "-upload_id"]
        permissions = [("act_on_upload", "Can retry and cancel uploads")]
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
            models.Index(
                fields=["vendor_prefix"],
                condition=Q(lease_until__isnull=False),
                name="upload_history_leased",
            ),
            models.Index(fields=["vendor", "-upload_timestamp"], name="upload_history_by_vendor"),
            models.Index(fields=["-upload_timestamp"], name="upload_history_by_time"),
            models.Index(fields=["status", "-upload_timestamp"], name="upload_history_by_status"),
        ]

    def __str__(self) -> str:
        return self.upload_id

    @property
    def has_ended(self) -> bool:
        return self.status in self.ENDED

    @property
    def processed_records(self) -> int:
        """Rows judged so far in this run."""
        return self.valid_records + self.error_records + self.skipped_records

    @property
    def not_processed(self) -> int:
        """Rows that a cancelled or broken-off run did not reach."""
        return self.total_records - self.processed_records

    @property
    def success_rate(self) -> int:
        """Rows that came in or were there already, in whole percent, rounded down so that 100
        means all."""
        in_order = self.valid_records + self.skipped_records
        return in_order * 100 // self.total_records if self.total_records else 0

    @property
    def is_refused(self) -> bool:
        """The file was turned down whole: no row of it was judged."""
        return bool(self.failure_code) and self.failure_code != "INTERNAL"

    def refuse(self, code: str, message: str) -> None:
        """Turn the upload down, or stop it; the report step ends it."""
        self.failure_code = code
        self.failure_message = message
        self.step = self.Step.REPORT
        self.next_attempt_at = Now()

    def end(self) -> None:
        """Take the final status that the counts and the failure, if any, amount to."""
        if self.status != self.Status.CANCELLED:
            self.status = self._outcome()

    def _outcome(self) -> "Upload.Status":
        if self.failure_code:
            return self.Status.FAILED
        if not self.error_records:
            return self.Status.COMPLETED
        if self.valid_records or self.skipped_records:
            return self.Status.PARTIAL
        return self.Status.FAILED

    @property
    def can_be_cancelled(self) -> bool:
        return not self.has_ended

    @property
    def is_being_finished(self) -> bool:
        """Its report is still to be written, or somebody is about to send its e-mail: a new run
        would leave this one without, or have it sent twice."""
        at_work = self.lease_until is not None and self.lease_until > now()
        return self.step not in (self.Step.NOTIFY, self.Step.DONE) or at_work

    @property
    def can_be_retried(self) -> bool:
        """Ended short of complete, nobody is at its report or e-mail just now, and its source
        object is still there."""
        return (
            self.has_ended
            and not self.is_being_finished
            and self.status != self.Status.COMPLETED
            and self.s3_version is not None
            and self.source_deleted_at is None
        )


class RowErrorQuerySet(models.QuerySet["RowError"]):
    def visible_to(self, access: Access) -> "RowErrorQuerySet":
        return access.narrow(self, "upload__vendor_id")


class RowError(models.Model):
    """One thing wrong with one row. The first error of a row carries the row as it was read:
    a JSON object of the vendor's own column names and cells."""

    error_id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, related_name="row_errors", db_index=False
    )
    run = models.IntegerField()
    row_number = models.IntegerField(help_text="As the vendor's spreadsheet counts.")
    column_name = models.CharField(max_length=255, blank=True)
    error_type = models.CharField(max_length=40)
    error_message = models.TextField()
    original_data = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = RowErrorQuerySet.as_manager()

    class Meta:
        db_table = "validation_errors"
        ordering = ["error_id"]
        verbose_name = "validation error"
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "row_number", "column_name", "error_type"],
                name="validation_errors_unique",
            )
        ]
        indexes = [
            # Staff's list by type, the newest upload first.
            models.Index(fields=["error_type", "upload"], name="validation_errors_by_type")
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} row {self.row_number}: {self.error_type}"


class ClaimedKey(models.Model):
    """A key that a row of an upload's current run has taken, where the destination itself cannot
    tell: kept until the upload ends."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, db_index=False)
    column_name = models.CharField(max_length=100)
    key = models.TextField()
    row_number = models.IntegerField()

    class Meta:
        db_table = "claimed_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "column_name", "key"], name="claimed_keys_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.column_name}={self.key} (row {self.row_number})"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, access: Access) -> "NotificationQuerySet":
        return access.narrow(self, "upload__vendor_id")


class Notification(models.Model):
    """The one e-mail about one run, kept as it was sent."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Outcome unknown"
        FAILED = "failed", "Could not be sent"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="notifications")
    run = models.IntegerField()
    to = models.EmailField()
    subject = models.CharField(max_length=400)
    text_body = models.TextField()
    html_body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.IntegerField(default=0)
    lost = models.IntegerField(default=0, help_text="Sends whose outcome nobody knows.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "run"], name="notifications_one_per_run")
        ]

    def __str__(self) -> str:
        return self.subject


class Action(models.Model):
    """Something a person did to an upload: who, what and when."""

    class Kind(models.TextChoices):
        UPLOAD = "upload", "Uploaded"
        RETRY = "retry", "Retried"
        CANCEL = "cancel", "Cancelled"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="actions")
    run = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "upload_actions"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by}"


class Alarm(models.Model):
    """Something staff must look at. One open alarm per kind and subject."""

    class Kind(models.TextChoices):
        FAILED_UPLOAD = "failed_upload", "An upload failed for a reason of ours"
        UNKNOWN_VENDOR = "unknown_vendor", "A file under an unknown vendor's prefix"
        UNSENT_MAIL = "unsent_mail", "An e-mail could not be sent"
        FAILED_IMPORT = "failed_import", "A file failed that nobody waits for"
        DEAD_LETTER = "dead_letter", "A message ended in a dead-letter queue"
        FAILED_SCHEDULE = "failed_schedule", "A schedule cannot look for its objects"

    kind = models.CharField(max_length=30, choices=Kind)
    subject = models.CharField(max_length=300, help_text="What it is about: an id or a queue.")
    detail = models.TextField(blank=True)
    raised_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        db_table = "alarms"
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(closed_at__isnull=True),
                name="alarms_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class Schedule(models.Model):
    """Import what is new under a prefix of the bucket, every so many minutes or by a crontab line.

    Times are UTC. `next_run_at` is the truth about when it is due; a change of the rhythm sets it
    anew. `asked_at` is set while somebody waits for "import now".
    """

    name = models.CharField(max_length=100, unique=True)
    dataset = models.CharField("data set", max_length=50)
    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text="Whose rows they are, for data sets that vendors upload.",
    )
    prefix = models.CharField(
        max_length=500, help_text="Where in the bucket to look, such as exports/metrics/."
    )
    every_minutes = models.IntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    cron = models.CharField(
        "crontab line",
        max_length=100,
        blank=True,
        help_text="Minute, hour, day of month, month, day of week, in UTC: 0 6 * * mon-fri. All of "
        "them have to fit.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    next_run_at = models.DateTimeField("next run", null=True, blank=True)
    last_run_at = models.DateTimeField("last run", null=True, blank=True)
    last_result = models.TextField(blank=True)
    failures = models.IntegerField(default=0, help_text="Runs in a row that failed.")
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="schedules_asked_for",
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    class Meta:
        db_table = "schedules"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(every_minutes__isnull=True) & ~Q(cron="")
                | Q(every_minutes__gte=1) & Q(cron=""),
                name="schedules_one_rhythm",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rhythm(self) -> str:
        """How often it runs, in words."""
        if self.every_minutes is None:
            return f"at {self.cron}"
        return "every minute" if self.every_minutes == 1 else f"every {self.every_minutes} minutes"
