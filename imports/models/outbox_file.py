"""Our answers in the bucket."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.delivery import Delivery
from imports.models.upload import Upload

# As long as the bucket keeps what is under outbox/ (deploy/data.template.yaml; a test compares).
KEPT_FOR = timedelta(days=30)


class OutboxFile(Delivery):
    """One answer in a vendor's outbox: that a file has arrived, or how a run has ended. There is
    one with the result of each run.

    What it says is fixed in the transaction in which it happened, and what lies beside it before it
    is written. So all workers that write it write the same bytes.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", _("File received")
        RESULT = "result", _("Result of a run")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Being written")
        WRITTEN = "written", _("Written")
        FAILED = "failed", _("Not written")

    upload = models.ForeignKey(
        Upload,
        on_delete=models.CASCADE,
        related_name="outbox_files",
        db_index=False,  # the constraint has one
    )
    run = models.IntegerField(_("run"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    key = models.CharField(max_length=1024, help_text="Its S3 key.")
    content = models.TextField(help_text="The text of the file.")
    lacks_files = models.BooleanField(
        default=False,
        help_text="Error report and rows to fix are still to be written beside it.",
    )
    report_key = models.CharField(
        max_length=1024, blank=True, help_text="The S3 key of the run's error report."
    )
    report_version = models.CharField(max_length=1024, blank=True)
    version = models.CharField(max_length=1024, blank=True, help_text="Its version in S3.")
    written_at = models.DateTimeField(_("written"), null=True, blank=True)

    class Meta:
        db_table = "outbox_files"
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "kind"], name="outbox_files_one_of_a_kind"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="outbox_files_due",
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def tried_for(self) -> timedelta:
        return KEPT_FOR

    # --- transitions ---------------------------------------------------------------------------

    def complete(self, content: str) -> None:
        """What lies beside it is stored, and `content` names it."""
        self.content = content
        self.lacks_files = False

    def written(self, version: str) -> None:
        """The bucket has it."""
        self.end(self.State.WRITTEN)
        self.version = version
        self.written_at = Now()
