"""Uploads that wait for a release, as staff's list of them."""

from django.utils.translation import gettext_lazy as _

from imports.models.upload import Upload


class HeldUpload(Upload):
    """An upload, for a page of its own in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("held upload")
        verbose_name_plural = _("held uploads")
        ordering = ["completed_at", "upload_id"]
