"""The categories that vendors may use, and their synonyms."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from catalog.category_names import CategoryNameField, comparable


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

    def clean(self) -> None:
        """Raises ValidationError for a synonym of a category."""
        if synonym := CategorySynonym.objects.filter(name__iexact=self.name).first():
            text = _("This is a synonym of %(category)s. Delete the synonym first.")
            raise ValidationError({"name": text % {"category": synonym.category}})

    @classmethod
    def approved_names(cls) -> list[str]:
        """The names of all active categories, in alphabetical order."""
        return list(cls.objects.filter(is_active=True).values_list("name", flat=True))

    @classmethod
    def approved_synonyms(cls) -> dict[str, str]:
        """The name of an active category by each of its synonyms."""
        synonyms = CategorySynonym.objects.filter(category__is_active=True)
        return dict(synonyms.values_list("name", "category__name"))


class CategorySynonym(models.Model):
    """A word of vendors for an approved category. It leads to a suggestion and replaces nothing."""

    synonym_id = models.AutoField(primary_key=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="synonyms")
    name = CategoryNameField(_("synonym"), max_length=100)

    class Meta:
        db_table = "category_synonyms"
        ordering = ["name"]
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="category_synonyms_name_unique",
                violation_error_message=_("A synonym with this name already exists."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for the name of a category."""
        category = getattr(self, "category", None)  # may not be saved yet
        is_own = category is not None and comparable(self.name) == comparable(category.name)
        if is_own or Category.objects.filter(name__iexact=self.name).exists():
            raise ValidationError({"name": _("This is the name of a category.")})
