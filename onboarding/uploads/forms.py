"""The two forms of the portal: uploading a file, and filtering the list of uploads."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.models import Upload, UploadQuerySet
from onboarding.uploads.modes import Choice, choice_of, modes_of
from vendors.access import Access
from vendors.models import Vendor

NO_FILE = _("Choose the file you want to upload.")
NO_MODE = _("Choose how we should import the file.")


class VendorField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic when it runs
    """A vendor, by its ID or its full name. Upper and lower case differ only where two do."""

    def to_python(self, value: Any) -> Vendor | None:
        typed = str(value or "").replace("\0", "").strip()
        if not typed:
            return None
        assert self.queryset is not None  # noqa: S101 - the form has set it
        for ways in ({"pk": typed}, {"pk__iexact": typed}, {"name__iexact": typed}):
            found: list[Vendor] = list(self.queryset.filter(**ways)[:2])
            if len(found) == 1:
                return found[0]
            if found:
                raise self.error("ambiguous", typed)
        raise self.error("invalid_choice", typed)

    def error(self, code: str, typed: str) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params={"value": typed})


class UploadForm(forms.Form):
    """A file, how to import it and, for staff, for which vendor. An empty file passes here: the
    check of its contents has a better message."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        error_messages={"required": NO_FILE, "missing": NO_FILE, "invalid": NO_FILE},
    )
    mode = forms.MultipleChoiceField(
        label=_("How should we import it?"), error_messages={"required": NO_MODE}
    )
    vendor = VendorField(
        queryset=Vendor.objects.none(),
        label=_("Vendor"),
        widget=forms.TextInput(
            {
                "list": "vendors",
                "autocomplete": "off",
                "maxlength": 50,
                "aria-describedby": "vendor-hint",
                "hx-get": reverse_lazy("vendors"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#vendors",
            }
        ),
        error_messages={
            "required": _("Choose the vendor this file belongs to."),
            "invalid_choice": _(
                "There is no vendor “%(value)s”. Enter a vendor’s ID, such as VEND001, or its full "
                "name."
            ),
            "ambiguous": _("Several vendors are called “%(value)s”. Enter the vendor’s ID."),
        },
    )

    def __init__(
        self,
        *args: Any,
        dataset: Dataset,
        senders: QuerySet[Vendor],
        ask_vendor: bool,
        wanted: Sequence[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        every = modes_of(dataset)
        self.modes = [one for one in every if one.key != Upload.Mode.CHECK]
        self.check = next((one for one in every if one.key == Upload.Mode.CHECK), None)
        mode: Any = self.fields["mode"]
        mode.choices = [(one.key, one.title) for one in every]
        mode.initial = [one.key for one in every if one.key in wanted]
        if not any(one.key in wanted for one in self.modes):
            mode.initial.append(self.modes[0].key)
        if ask_vendor:
            self.fields["vendor"].queryset = senders  # type: ignore[attr-defined]
        else:
            del self.fields["vendor"]

    def clean_mode(self) -> Choice:
        choice = choice_of(self.cleaned_data["mode"])
        if choice is None:
            raise ValidationError(NO_MODE)
        return choice


def vendor_filter() -> VendorField:
    """The field of a list's filters for people who see the records of all vendors."""
    return VendorField(
        queryset=Vendor.objects.all(),
        label=_("Vendor ID or name"),
        required=False,
        widget=forms.TextInput({"maxlength": 200}),
        error_messages={
            "invalid_choice": _("There is no vendor “%(value)s”."),
            "ambiguous": _("Several vendors are called “%(value)s”. Enter the vendor’s ID."),
        },
    )


class FilterForm(forms.Form):
    """Filters of a list, by vendor too for people who see the records of all. A field with an
    invalid value is reported and ignored."""

    def __init__(self, access: Access, data: Any) -> None:
        super().__init__(data)
        if access.sees_all:
            self.fields["vendor"] = vendor_filter()

    @property
    def has_filters(self) -> bool:
        return any(self.data.get(name) for name in self.fields)


class UploadFilterForm(FilterForm):
    """Filters of the list of uploads."""

    q = forms.CharField(label=_("Upload ID or file name"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Any status")), *Upload.Status.choices], required=False
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        wanted = self.cleaned_data
        since, until = wanted.get("since"), wanted.get("until")
        if since and until and until < since:
            raise ValidationError({"until": _("Choose a date on or after the “From” date.")})
        return wanted

    def filter(self, uploads: UploadQuerySet) -> UploadQuerySet:
        """The uploads that match. Days are those of the person's time zone."""
        self.is_valid()
        wanted = self.cleaned_data
        if vendor := wanted.get("vendor"):
            uploads = uploads.filter(vendor=vendor)
        if status := wanted.get("status"):
            uploads = uploads.filter(status=status)
        if since := wanted.get("since"):
            first = make_aware(datetime.combine(since, time.min))
            uploads = uploads.filter(upload_timestamp__gte=first)
        if until := wanted.get("until"):
            last = make_aware(datetime.combine(until, time.max))
            uploads = uploads.filter(upload_timestamp__lte=last)
        if q := wanted.get("q"):
            uploads = uploads.filter(Q(upload_id__icontains=q) | Q(file_name__icontains=q))
        return uploads
