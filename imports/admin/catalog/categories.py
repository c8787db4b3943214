"""Categories, with a rehearsal before a change that turns the outcome of rows is saved."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseModelFormSet
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog import admin as catalog_admin
from catalog.models import Category
from imports.rehearsal.changes import of_categories
from imports.rehearsal.rehearse import COUNTED, Rehearsal, rehearse

if TYPE_CHECKING:
    CategoryModelForm = forms.ModelForm[Category]
    ListOfCategories = BaseModelFormSet[Category, forms.ModelForm[Category]]
else:
    CategoryModelForm = forms.ModelForm
    ListOfCategories = BaseModelFormSet

SEEN = "seen"  # the button below a rehearsal
admin.site.unregister(Category)


def rehearsed(edits: dict[int | None, tuple[str, bool]]) -> Rehearsal | None:
    """What saving would do; None if no row would have another outcome."""
    change = of_categories(edits)
    return (rehearse(change) or None) if change else None


class CategoryForm(CategoryModelForm):
    """A change that turns rows is saved once the person has seen which."""

    rehearsal: Rehearsal | None = None
    counted = COUNTED

    class Meta:
        model = Category
        fields = ("name", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors or not {"name", "is_active"} & {*self.changed_data}:
            return cleaned
        self.rehearsal = rehearsed({self.instance.pk: (cleaned["name"], cleaned["is_active"])})
        if self.rehearsal and SEEN not in self.data:
            raise ValidationError(gettext("Not saved yet. Look at what this change would do."))
        return cleaned


class CategoryList(ListOfCategories):
    """Changes that turn rows are made on the pages of categories."""

    def clean(self) -> None:
        super().clean()
        edits: dict[int | None, tuple[str, bool]] = {
            form.instance.pk: (form.instance.name, form.cleaned_data["is_active"])
            for form in self.forms
            if form.has_changed() and "is_active" in form.cleaned_data
        }
        if found := rehearsed(edits):
            text = gettext(
                "Not saved. %(found)s Open a category to see which rows, and change it there."
            )
            raise ValidationError(text % {"found": found.in_words})


@admin.register(Category)
class CategoryAdmin(catalog_admin.CategoryAdmin):
    form = CategoryForm
    change_form_template = "imports/admin/category.html"

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, formset=CategoryList, **kwargs)
