"""The categories that vendors may use."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from catalog.category_names import CategoryNameField


class Category(models.Model):
    """An approved category. Vendors may write it in any case; products store this spelling."""

    category_id = models.AutoField(primary_key=True)
    name = CategoryNameField(_("name"), max_length=100)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Rows with an inactive category are rejected. Products already imported keep it."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        db_table = "product_categories"
        ordering = ["name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="product_categories_name_unique",
                violation_error_message=_("A category with this name already exists."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def approved_names(cls) -> list[str]:
        """The names of all active categories, in alphabetical order."""
        return list(cls.objects.filter(is_active=True).values_list("name", flat=True))
