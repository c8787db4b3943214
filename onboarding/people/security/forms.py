"""The forms of the second step of a login, and of a person's factors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vendors import second_factor
from vendors.login_limits import PAUSE
from vendors.throttle import Limit

PASSWORDS = Limit("confirm-password", 5, PAUSE)  # wrong ones of a person
TOO_MANY = _("Too many attempts. Try again in 15 minutes.")
MAX_NAME = 60


class ConfirmForm(forms.Form):
    """The password: who finds an open browser must not change how the person logs in."""

    password = forms.CharField(label=_("Password"), strip=False)

    def __init__(self, *args: Any, user: Any, **more: Any) -> None:
        self.user = user
        super().__init__(*args, **more)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        subject = str(self.user.pk)
        if not PASSWORDS.allows(subject):
            raise ValidationError(TOO_MANY)
        if not self.user.check_password(password):
            raise ValidationError(_("Your password is not correct."))
        PASSWORDS.take_back(subject)
        return password


class CodeForm(AuthenticateForm):
    """A code of the person's app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"), max_length=20, error_messages={"required": _("Enter a code.")}
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        subject = str(self.user.pk)
        if not second_factor.CODES.allows(subject):
            raise ValidationError(TOO_MANY)
        accepted = second_factor.accept(self.user.pk, code)
        if accepted is None:
            raise get_adapter().validation_error("incorrect_code")
        second_factor.CODES.forget(subject)
        accepted.user = self.user
        self.authenticator = accepted
        return code


class AppForm(ActivateTOTPForm):
    code = forms.CharField(
        label=_("Code that the app shows"),
        max_length=20,
        error_messages={"required": _("Enter the code that the app shows.")},
    )


@contextmanager
def odd_is_wrong() -> Iterator[None]:
    """What no browser sends is a wrong answer, and no error of ours."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class NewPasskeyForm(AddWebAuthnForm):
    """Every passkey can log in by itself, so its device asks for a finger, a face or a PIN."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, required=False)

    def clean(self) -> dict[str, Any]:
        with odd_is_wrong():
            chosen: dict[str, Any] = super().clean()
        return chosen


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, error_messages={"required": _("Enter a name.")}
    )


class PasskeyCodeForm(AuthenticateWebAuthnForm):
    """A passkey as the second step after the password."""

    def clean_credential(self) -> Any:
        with odd_is_wrong():
            return super().clean_credential()


class PasskeyLoginForm(LoginWebAuthnForm):
    """A passkey as the whole login."""

    def clean_credential(self) -> Any:
        with odd_is_wrong():
            factor = super().clean_credential()
        if not factor.user.is_active:
            raise get_adapter().validation_error("incorrect_code")
        return factor
