"""Daily digests: one email a day about the runs that have ended, and the runs that it lists."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imports.models.person_mail import PersonMail
from imports.models.upload import Upload, title_of_status
from vendors.access import Access
from vendors.models import Person


class Digest(PersonMail):
    """The digest of one person and day, by the person's time zone. There is one at most."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="digests",
        verbose_name=_("user"),
        db_index=False,  # the constraint has one
    )
    day = models.DateField(_("day"))

    RELATED = ("user__person",)

    class Meta:
        db_table = "digests"
        verbose_name = _("daily digest")
        verbose_name_plural = _("daily digests")
        default_permissions = ()  # who may view emails views them
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digests_one_a_day")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="digests_due",
            ),
            models.Index(
                fields=["message_id"], condition=~Q(message_id=""), name="digests_by_message_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} to {self.to}"

    @property
    def is_wanted(self) -> bool:
        """The person may still read something of it, and has not chosen to get no emails since."""
        is_off = self.user.person.emails == Person.Emails.NONE
        return self.user.is_active and not is_off and self.runs.readable_by(self.user).exists()


class DigestRunQuerySet(models.QuerySet["DigestRun"]):
    def visible_to(self, access: Access) -> "DigestRunQuerySet":
        return access.narrow(self, "upload__vendor_id")

    def readable_by(self, user: Any) -> "DigestRunQuerySet":
        """Without those of vendors that the user has left, and without staff's own for others."""
        if user.is_staff:
            return self
        return self.filter(upload__vendor__members__user=user)

    def waiting(self) -> "DigestRunQuerySet":
        """In no digest yet."""
        return self.filter(digest=None)


class DigestRun(models.Model):
    """A run that a person reads about in a digest, as it ended: a later run of the upload changes
    the upload's own numbers. It is made when the run ends, by what the person has chosen then."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the constraint has one
    )
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="digest_runs")
    run = models.IntegerField()
    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, null=True, related_name="runs")
    ended_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Upload.Status)
    only_check = models.BooleanField()
    outcome = models.TextField(help_text="What happened, in a sentence.")
    total_records = models.IntegerField()
    imported_records = models.IntegerField(help_text="In a check, that would be.")
    error_records = models.IntegerField()

    objects = DigestRunQuerySet.as_manager()

    class Meta:
        db_table = "digest_runs"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "upload", "run"], name="digest_runs_once")
        ]
        indexes = [
            # For the sweep that makes the digests.
            models.Index(
                fields=["user", "ended_at"],
                condition=Q(digest__isnull=True),
                name="digest_runs_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"run {self.run} of {self.upload_id}"

    @property
    def is_problem(self) -> bool:
        return self.status in Upload.PROBLEMS

    @property
    def status_title(self) -> str:
        return title_of_status(self.status, is_check=self.only_check)
