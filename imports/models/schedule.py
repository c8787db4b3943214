"""Scheduled imports of new objects under a prefix."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from vendors.models import Vendor


class Schedule(models.Model):
    """Import what is new under a prefix of the bucket, every so many minutes or by a crontab line.

    Times are UTC. `next_run_at` is the truth about when it is due; a change of the rhythm sets it
    again. `asked_at` is set while an "import now" waits for the next sweep.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    dataset = models.CharField(_("data set"), max_length=50)
    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("vendor"),
        help_text=_("Required for data sets that belong to a vendor."),
    )
    prefix = models.CharField(
        _("S3 prefix"),
        max_length=500,
        help_text=_(
            "Every file whose key begins with this is imported. End it with a slash: "
            "exports/metrics/ does not match exports/metrics-old/."
        ),
    )
    every_minutes = models.IntegerField(
        _("interval (minutes)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cron = models.CharField(
        _("cron expression"),
        max_length=100,
        blank=True,
        help_text=_(
            "Minute, hour, day of month, month, day of week, in UTC. For example, 0 6 * * mon-fri "
            "runs at 06:00 on weekdays. If you set both days, either one is enough."
        ),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True)
    last_run_at = models.DateTimeField(_("last run"), null=True, blank=True)
    last_result = models.TextField(_("last result"), blank=True)
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
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
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
            return gettext("Cron: %(line)s") % {"line": self.cron}
        return ngettext("Every minute", "Every %(count)s minutes", self.every_minutes) % {
            "count": f"{self.every_minutes:,}"
        }
