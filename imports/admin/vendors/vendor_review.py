"""Which uploads of a vendor are held, on its page: the policy, and the vendor's own numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from imports.rules.holds import BY_NUMBER, HoldReason
from vendors.models import Vendor

if TYPE_CHECKING:
    VendorModelForm = forms.ModelForm[Vendor]
else:
    VendorModelForm = forms.ModelForm

MAX_NUMBER = 10_000
# The form's fields of the vendor's own numbers, by the codes of the reasons.
NUMBERS = {reason.code: f"hold_{reason.code.lower()}" for reason in BY_NUMBER}
FIELDSET = (_("Held uploads"), {"fields": ("review", *NUMBERS.values())})


@dataclass(frozen=True)
class OwnNumber:
    """A number that the vendor has instead of the `usual` one."""

    reason: HoldReason
    number: int
    usual: int


def own_numbers(vendor: Vendor) -> list[OwnNumber]:
    return [
        OwnNumber(reason, vendor.hold[reason.code], getattr(settings, reason.setting))
        for reason in BY_NUMBER
        if reason.code in vendor.hold
    ]


def review_in_words(vendor: Vendor) -> str:
    if vendor.review != Vendor.Review.FIRST:
        return str(vendor.get_review_display())
    most = settings.REVIEW_FIRST_UPLOADS
    text = ngettext("The first upload", "The first %(count)s uploads", most)
    return text % {"count": f"{most:,}"}


def number_field(reason: HoldReason) -> forms.IntegerField:
    usual = getattr(settings, reason.setting)
    return forms.IntegerField(
        label=f"{reason.title} ({reason.unit})",
        min_value=0,
        max_value=MAX_NUMBER,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("%(code)s. Empty for the usual number, %(usual)s; 0 for never.")
        % {"code": reason.code, "usual": usual},
    )


class KnowsNumbers(VendorModelForm):
    """Shows the vendor's own numbers, and says which were chosen."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for code, field in NUMBERS.items():
            self.initial[field] = self.instance.hold.get(code)


if TYPE_CHECKING:
    ReviewForm = KnowsNumbers
else:
    ReviewForm = type(
        "ReviewForm",
        (KnowsNumbers,),
        {NUMBERS[reason.code]: number_field(reason) for reason in BY_NUMBER},
    )


def save_chosen(vendor: Vendor, form: Any) -> None:
    """Save what was changed about review and numbers, and nothing else of the vendor."""
    if "review" in form.changed_data:
        vendor.save(update_fields=["review"])
    if not set(form.changed_data) & {*NUMBERS.values()}:
        return
    chosen = {code: form.cleaned_data[field] for code, field in NUMBERS.items()}
    vendor.hold = {code: number for code, number in chosen.items() if number is not None}
    vendor.save(update_fields=["hold"])
