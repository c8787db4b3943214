"""Where django-allauth asks what to do: what is ours of its logins and second factors."""

from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.client_address import client_address
from imports.people import factor_notice
from imports.people.factor_notice import Change
from onboarding.middleware.after_response import after_response
from vendors import second_factor
from vendors.login_limits import remember_device

BACKEND = "django.contrib.auth.backends.ModelBackend"  # as in sessions of earlier logins
SERVICE = _("TechMart vendor onboarding")  # in lists of apps and passkeys
DONE = {
    "mfa/messages/totp_activated.txt": _("Authenticator app added."),
    "mfa/messages/totp_deactivated.txt": _("Authenticator app removed."),
    "mfa/messages/webauthn_added.txt": _("Passkey added."),
    "mfa/messages/webauthn_removed.txt": _("Passkey removed."),
}
EMAILS = {
    "mfa/email/totp_activated": Change.APP_ADDED,
    "mfa/email/totp_deactivated": Change.APP_REMOVED,
    "mfa/email/webauthn_added": Change.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Change.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": Change.CODES_REPLACED,
}


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        """After the password, a second factor and nothing else."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def login(self, request: HttpRequest, user: User) -> None:
        login(request, user, backend=BACKEND)

    def post_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **about)
        remember_device(response, user)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        raise AssertionError  # our login refuses them before

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The password: who has stolen a device may have its passkeys, too."""
        if not user.has_usable_password():
            return []
        return [{"id": "reauthenticate", "url": reverse("account_reauthenticate")}]

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *_more: Any,
        **_other: Any,
    ) -> None:
        """Ours, where there is one."""
        if message_template in DONE:
            messages.add_message(request, level, str(DONE[message_template]))

    def send_notification_mail(self, template_prefix: str, user: User, *_: Any, **__: Any) -> None:
        after_response(partial(factor_notice.send, user, EMAILS[template_prefix]))


class MfaAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your account needs two-step login. Add another way before you remove this one."
        ),
        "incorrect_code": _("That code is not correct, or was used before. Enter a new one."),
    }

    def encrypt(self, text: str) -> str:
        return second_factor.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return str(SERVICE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": str(SERVICE)}

    def generate_authenticator_name(self, user: User, kind: Any) -> str:
        count = second_factor.factors_of(user.pk).filter(type=kind).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Whether the person may remove this factor."""
        if not (settings.STAFF_NEED_MFA and authenticator.user.is_staff):
            return True
        return second_factor.factors_of(authenticator.user_id).exclude(pk=authenticator.pk).exists()
