"""Forms for a new password. They say everything that is wrong with it at once."""

from typing import Any

from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

MISMATCH = {"password_mismatch": _("The two passwords are not the same.")}


class NewPassword(SetPasswordForm):  # type: ignore[type-arg] # not generic when it runs
    """The password is held against the rules, whether it was repeated correctly or not."""

    error_messages = {**SetPasswordForm.error_messages, **MISMATCH}

    def validate_password_for_user(self, user: Any, *_: Any, **__: Any) -> None:
        super().validate_password_for_user(user, "new_password1")


class ChangedPassword(NewPassword, PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        **MISMATCH,
        "password_incorrect": _("Your current password is not correct."),
    }
