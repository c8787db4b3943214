"""The forms of the team page."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from vendors.models import MOST_EXTRA_RECIPIENTS, Member, Vendor
from vendors.names import MAX_USERNAME

ABOUT_ROLES = {
    Member.Role.OWNER: _("Uploads files, and says who is a member."),
    Member.Role.UPLOADER: _("Uploads files, corrects rows, edits products."),
    Member.Role.VIEWER: _("Sees everything and changes nothing."),
}


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Member.Role.choices,
        error_messages={"required": _("Choose a role.")},
    )

    @property
    def roles(self) -> list[tuple[str, str, Any, bool]]:
        """(value, title, what it means, whether it is chosen)."""
        chosen = self["role"].value()
        return [
            (str(role.value), str(role.label), ABOUT_ROLES[role], chosen == role.value)
            for role in Member.Role
        ]


class InviteForm(RoleForm):
    to = forms.EmailField(
        label=_("Email address"),
        max_length=MAX_USERNAME,
        error_messages={"required": _("Enter the email address of the person.")},
    )
    field_order = ("to", "role")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"role": Member.Role.UPLOADER.value})


class RecipientsForm(forms.Form):
    addresses = forms.CharField(
        label=_("Extra recipients"), required=False, max_length=2_000, widget=forms.Textarea
    )

    @classmethod
    def of(cls, vendor: Vendor) -> "RecipientsForm":
        return cls(initial={"addresses": "\n".join(vendor.extra_recipients)})

    def clean_addresses(self) -> list[str]:
        """Each once, in the order in which they were entered."""
        words = self.cleaned_data["addresses"].replace(",", " ").replace(";", " ").split()
        found = list(dict.fromkeys(word.lower() for word in words))
        for address in found:
            try:
                validate_email(address)
            except ValidationError as error:
                text = _("“%(address)s” is not an email address.")
                raise ValidationError(text, params={"address": address}) from error
        if len(found) > MOST_EXTRA_RECIPIENTS:
            text = _("You entered %(count)s addresses. Enter %(most)s or fewer.")
            params = {"count": len(found), "most": MOST_EXTRA_RECIPIENTS}
            raise ValidationError(text, params=params)
        return found
