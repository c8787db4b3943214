"""Upload activity: what people did to uploads."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload


class Action(models.Model):
    """Something a person did to an upload: who, what and when."""

    class Kind(models.TextChoices):
        UPLOAD = "upload", _("Uploaded")
        RETRY = "retry", _("Retried")
        CANCEL = "cancel", _("Canceled")
        MAP = "map", _("Said what the columns are")
        UPDATE = "update", _("Imported as an update")
        IMPORT = "import", _("Imported after a check")
        UNDO = "undo", _("Undone")
        CORRECT = "correct", _("Corrected")
        RESEND = "resend", _("Sent email again")
        APPROVE = "approve", _("Approved")
        RELEASE = "release", _("Released")
        REJECT = "reject", _("Rejected")

    # A person who asked for another mode counts more than what the object states.
    ASK_FOR_MODE = (Kind.UPDATE, Kind.IMPORT)

    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, related_name="actions", verbose_name=_("upload")
    )
    run = models.IntegerField(_("run"))
    kind = models.CharField(_("action"), max_length=10, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("user")
    )
    at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        db_table = "upload_actions"
        verbose_name = _("upload activity")
        verbose_name_plural = _("upload activity")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by}"
