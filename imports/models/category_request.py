"""Categories that vendors have asked us to approve."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.category_names import CategoryNameField, comparable
from catalog.models import Category
from imports.models.mapping import VendorsQuerySet
from imports.models.upload import Upload
from vendors.models import Vendor

MAX_NOTE = 500  # characters


class CategoryRequest(models.Model):
    """A vendor wants a category that rows of an upload have. Staff decide by name, for all vendors
    who asked for it: `compared` is the name as it is compared.

    `applied_at` says when the waiting rows had been sent again, so that nothing is left to do;
    `sent_records`, how many these were.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for review")
        APPROVED = "approved", _("Approved")
        MAPPED = "mapped", _("Mapped")
        DECLINED = "declined", _("Declined")

    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, verbose_name=_("vendor"))
    upload = models.ForeignKey(
        Upload,
        on_delete=models.CASCADE,
        related_name="category_requests",
        verbose_name=_("upload"),
        help_text="Whose page it was asked on.",
    )
    name = CategoryNameField(_("name"), max_length=100)
    compared = models.CharField(max_length=300, help_text="The name as names are compared.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    asked_at = models.DateTimeField(_("requested"), db_default=Now())
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    category = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("category"),
        help_text=_("The approved category, or the one that the name is read as."),
    )
    note = models.CharField(_("note to the vendor"), max_length=MAX_NOTE, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    sent_records = models.IntegerField(
        _("rows sent"), default=0, db_default=0, help_text="Rows that waited for the decision."
    )
    applied_at = models.DateTimeField(
        _("rows sent again"),
        null=True,
        blank=True,
        help_text="When no row waited for it any more.",
    )

    objects = VendorsQuerySet.as_manager()

    class Meta:
        db_table = "category_requests"
        verbose_name = _("wanted category")
        verbose_name_plural = _("wanted categories")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "compared"],
                condition=Q(state="open"),
                name="category_requests_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["compared", "decided_at"], name="category_requests_by_name"),
            models.Index(
                fields=["decided_at"],
                condition=Q(state__in=["approved", "mapped"], applied_at__isnull=True),
                name="category_requests_to_apply",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def wanted(cls, name: str, upload: Upload) -> "CategoryRequest":
        """A request that is not stored yet."""
        return cls(vendor=upload.vendor, upload=upload, name=name, compared=comparable(name))

    @property
    def is_in_force(self) -> bool:
        """It was approved or mapped, to a category that is still approved."""
        return self.category is not None and self.category.is_active

    @property
    def is_being_applied(self) -> bool:
        """Rows that waited for it may still be sent."""
        return self.is_in_force and self.applied_at is None

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
