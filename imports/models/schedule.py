"""Scheduled imports of new objects under a prefix."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from vendors.models import Vendor


class Schedule(models.Model):
    """Import what is new under a prefix of the bucket, every so many minutes or by a crontab line.

    Times are UTC. `next_run_at` is the truth about when it is due; a change of the rhythm sets it
    again. `asked_at` is set while an "import now" waits for the next sweep.
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
        help_text="Minute, hour, day of month, month, day of week, in UTC: 0 6 * * mon-fri. If "
        "both days are given, either one is enough.",
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
