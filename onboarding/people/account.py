"""The forms of the account page, and the confirmation of a new address."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vendors.models import Person
from vendors.names import MAX_USERNAME, is_taken
from vendors.people import choose, person_of, time_zones
from vendors.throttle import Limit

SALT = "onboarding.new-address"
VALID_FOR = timedelta(days=3)
LIMIT = Limit("new-address", 5, timedelta(hours=1))  # of a user
TAKEN = _("This address can’t be used, because another account has it.")


class AddressTaken(Exception):
    """Another user has the address."""


class AddressTokenInvalid(Exception):
    """The link is not ours, not this user's, too old, or was used."""


def zone_choices() -> list[tuple[str, Any]]:
    """The zones by area, for a select."""
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in time_zones():
        area, _slash, place = name.partition("/")
        areas.setdefault(area, []).append((name, (place or area).replace("_", " ")))
    return list(areas.items())


class ChoicesForm(forms.Form):
    """The person's name, time zone and emails."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    emails = forms.ChoiceField(label=_("Emails"), choices=Person.Emails.choices)

    def __init__(self, user: Any, data: Any = None) -> None:
        person = person_of(user)
        self.user = user
        initial = {
            "name": user.get_full_name(),
            "time_zone": person.time_zone,
            "emails": person.emails,
        }
        super().__init__(data, initial=initial)

    def save(self) -> None:
        chosen = self.cleaned_data
        with transaction.atomic():
            if chosen["name"] != self.user.get_full_name():
                User.objects.filter(pk=self.user.pk).update(first_name=chosen["name"], last_name="")
            choose(self.user, time_zone=chosen["time_zone"], emails=chosen["emails"])


class AddressForm(forms.Form):
    """A new address, and the password: who finds an open browser must not take over the account."""

    email = forms.EmailField(label=_("New email address"), max_length=MAX_USERNAME)
    password = forms.CharField(label=_("Current password"), strip=False)

    def __init__(self, user: Any, data: Any = None) -> None:
        self.user = user
        super().__init__(data)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not LIMIT.allows(str(self.user.pk)):
            raise ValidationError(_("Too many attempts. Try again in an hour."))
        if not self.user.check_password(password):
            raise ValidationError(_("Your current password is not correct."))
        return password

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).lower()
        if address == self.user.email.lower():
            raise ValidationError(_("This is your address already."))
        return address

    def clean(self) -> dict[str, Any]:
        """Whether others have the address is said only after the password."""
        address = self.cleaned_data.get("email")
        if address and not self.errors and is_taken(address, besides=self.user.pk):
            raise ValidationError({"email": TAKEN})
        return self.cleaned_data


def address_token(user: Any, address: str) -> str:
    """For the link that confirms the address: it works once, because it names the one before."""
    return signing.dumps([user.pk, user.email, address], salt=SALT)


def read_address(user: Any, token: str) -> str:
    """The address that the user confirms. Raises AddressTokenInvalid."""
    try:
        number, before, address = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise AddressTokenInvalid from error
    if (number, before) != (user.pk, user.email):
        raise AddressTokenInvalid
    return str(address)


def change_address(user: Any, address: str) -> User:
    """Store it; the user as stored. A username that is the address before follows it.

    Raises AddressTaken.
    """
    try:
        with transaction.atomic():
            stored = User.objects.select_for_update().get(pk=user.pk)
            if is_taken(address, besides=stored.pk):
                raise AddressTaken
            if stored.username.lower() == stored.email.lower():
                stored.username = address
            stored.email = address
            stored.save(update_fields=["username", "email"])
    except IntegrityError as error:
        raise AddressTaken from error
    return stored
