"""What people did to uploads."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from imports.models.upload import Upload


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
