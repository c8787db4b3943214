"""The two forms of the portal: sending a file, and narrowing the list of uploads."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from imports.dataset import Dataset
from imports.models import Upload, UploadQuerySet
from onboarding.modes import modes_of
from vendors.models import Vendor

NO_FILE = "Choose the file you want to upload."


class UploadForm(forms.Form):
    """A file, what to do with it and, for staff, on whose behalf. An empty file is let through:
    the refusals have better words for it."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        error_messages={"required": NO_FILE, "missing": NO_FILE, "invalid": NO_FILE},
    )
    mode = forms.ChoiceField(
        label="What to do", error_messages={"required": "Choose what to do with the file."}
    )
    vendor = forms.ModelChoiceField(
        queryset=Vendor.objects.none(),
        label="Vendor",
        empty_label="Choose a vendor",
        error_messages={"required": "Choose the vendor this file belongs to."},
    )

    def __init__(
        self, *args: Any, dataset: Dataset, senders: QuerySet[Vendor], ask_vendor: bool, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.modes = modes_of(dataset)
        self.fields["mode"] = forms.ChoiceField(
            label="What to do",
            choices=[(mode.key, mode.title) for mode in self.modes],
            initial=self.modes[0].key,
            error_messages={"required": "Choose what to do with the file."},
        )
        if ask_vendor:
            self.fields["vendor"].queryset = senders  # type: ignore[attr-defined]
        else:
            del self.fields["vendor"]


class HistoryForm(forms.Form):
    """What to show of the uploads. A field that makes no sense is reported and left out."""

    q = forms.CharField(label="Upload ID or file name", max_length=100, required=False)
    status = forms.ChoiceField(
        label="Status", choices=[("", "Any status"), *Upload.Status.choices], required=False
    )
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        wanted = self.cleaned_data
        since, until = wanted.get("since"), wanted.get("until")
        if since and until and until < since:
            raise ValidationError({"until": "This day is before the first one."})
        return wanted

    def narrow(self, uploads: UploadQuerySet) -> UploadQuerySet:
        """The uploads asked for. Days are those of UTC, like all times in the portal."""
        self.is_valid()
        wanted = self.cleaned_data
        if status := wanted.get("status"):
            uploads = uploads.filter(status=status)
        if since := wanted.get("since"):
            first = datetime.combine(since, time.min, UTC)
            uploads = uploads.filter(upload_timestamp__gte=first)
        if until := wanted.get("until"):
            last = datetime.combine(until, time.max, UTC)
            uploads = uploads.filter(upload_timestamp__lte=last)
        if q := wanted.get("q"):
            uploads = uploads.filter(Q(upload_id__icontains=q) | Q(file_name__icontains=q))
        return uploads

    @property
    def asks_for_something(self) -> bool:
        return any(self.data.get(name) for name in self.fields)
