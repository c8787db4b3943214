"""A person's second factors: an authenticator app, passkeys, recovery codes. The views are those of
django-allauth, with our pages; the password is asked for before anything changes."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from allauth.account import app_settings as account_settings
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.views import ReauthenticateView
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormView

from imports.rules.quantities import minutes
from onboarding.people.security.forms import AppForm, ConfirmForm, NewPasskeyForm, PasskeyNameForm
from vendors import second_factor

PAGES = "onboarding/account/security"
INDEX = reverse_lazy("mfa_index")
TYPES = Authenticator.Type


class WrongForm(FormView):  # type: ignore[type-arg] # not generic when it runs
    """A form that is wrong is answered with 422."""

    def form_invalid(self, form: Any) -> HttpResponse:
        page = self.get_context_data(form=form)
        return self.render_to_response(page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


class AfterPassword:
    """Asks for the password, unless it was entered in the last minutes. Who has none gets no
    further. What was sent is not kept meanwhile: django-allauth would store it in the session, with
    all headers."""

    def dispatch(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        user: Any = request.user
        if not user.has_usable_password() or is_reauthentication_required(
            request, app="allauth.mfa"
        ):
            then = urlencode({"next": request.path})
            return redirect(f"{reverse('account_reauthenticate')}?{then}")
        view: Any = super()
        answer: HttpResponseBase = view.dispatch(request, *args, **more)
        return answer


class Security(IndexView):
    template_name = f"{PAGES}/index.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        user: Any = self.request.user
        factors = list(Authenticator.objects.filter(user=user.pk).order_by("pk"))
        of = {kind: [one for one in factors if one.type == kind] for kind in TYPES}
        codes = of[TYPES.RECOVERY_CODES]
        count = len(of[TYPES.TOTP]) + len(of[TYPES.WEBAUTHN])
        needs = settings.STAFF_NEED_MFA and user.is_staff
        return {
            "tab": "security",
            "app": of[TYPES.TOTP][0] if of[TYPES.TOTP] else None,
            "passkeys": of[TYPES.WEBAUTHN],
            "has_factor": count > 0,
            "must_add": needs and count == 0,
            "may_remove": not needs or count > 1,
            "codes_left": codes_left(codes[0]) if codes else None,
            "codes_in_all": app_settings.RECOVERY_CODE_COUNT,
        }


def codes_left(codes: Authenticator) -> int:
    """How many were not used. Whether they can be read does not matter."""
    used: int = codes.data["used_mask"]
    return int(app_settings.RECOVERY_CODE_COUNT) - used.bit_count()


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Confirm(WrongForm, ReauthenticateView):
    template_name = f"{PAGES}/confirm.html"

    def get_form_class(self) -> type[ConfirmForm]:
        return ConfirmForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().get_context_data(**more)
        lasts = minutes(account_settings.REAUTHENTICATION_TIMEOUT)
        return page | {"next": self.request.GET.get("next", ""), "lasts": lasts}

    def get_default_success_url(self) -> str:
        return str(INDEX)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AddApp(AfterPassword, WrongForm, ActivateTOTPView):
    template_name = f"{PAGES}/add_app.html"

    def get_form_class(self) -> type[AppForm]:
        return AppForm

    def form_valid(self, form: Any) -> HttpResponse:
        """The code is used up. Of two forms sent at once, one adds an app."""
        user: Any = self.request.user
        apps = Authenticator.objects.filter(user=user.pk, type=TYPES.TOTP)
        with transaction.atomic():
            lock(user)
            if apps.exists():
                return redirect("mfa_index")
            response: HttpResponse = super().form_valid(form)
            step = second_factor.step_of(form.secret, form.cleaned_data["code"])
            second_factor.use_step(apps.get(), step)
        return response


class Remove:
    """Removes a factor, unless it is the last one of someone who needs one."""

    request: HttpRequest  # as every view has

    def remove(self, factor: Authenticator, go_on: Any) -> HttpResponse:
        with transaction.atomic():
            lock(factor.user)
            if get_adapter().can_delete_authenticator(factor):
                response: HttpResponse = go_on()
                return response
        messages.error(self.request, get_adapter().error_messages["cannot_delete_authenticator"])
        return redirect("mfa_index")


class RemoveApp(AfterPassword, Remove, WrongForm, DeactivateTOTPView):
    template_name = f"{PAGES}/remove_app.html"

    def form_valid(self, form: Any) -> HttpResponse:
        go_on = super().form_valid
        return self.remove(self.authenticator, lambda: go_on(form))


class Codes(AfterPassword, ViewRecoveryCodesView):
    """Shows them once."""

    template_name = f"{PAGES}/codes.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().get_context_data(**more)
        text = "\n".join(page["unused_codes"])
        return page | {"download": quote(f"{text}\n")}


class NewCodes(AfterPassword, GenerateRecoveryCodesView):
    template_name = f"{PAGES}/new_codes.html"


class AddPasskey(AfterPassword, WrongForm, AddWebAuthnView):
    template_name = f"{PAGES}/add_passkey.html"

    def get_form_class(self) -> type[NewPasskeyForm]:
        return NewPasskeyForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().get_context_data(**more)
        options = webauthn.begin_registration(self.request.user, passwordless=True)
        return page | more | {"options": {"creation_options": options}}


class RenamePasskey(AfterPassword, WrongForm, EditWebAuthnView):
    template_name = f"{PAGES}/rename_passkey.html"
    success_url = INDEX

    def get_form_class(self) -> type[PasskeyNameForm]:
        return PasskeyNameForm


class RemovePasskey(AfterPassword, Remove, RemoveWebAuthnView):
    template_name = f"{PAGES}/remove_passkey.html"
    success_url = INDEX

    def form_valid(self, form: Any) -> HttpResponse:
        go_on = super().form_valid
        return self.remove(self.get_object(), lambda: go_on(form))


def lock(user: User) -> None:
    """Until the end of the transaction, no one else changes this person's factors here."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


security = Security.as_view()
confirm = Confirm.as_view()
add_app = AddApp.as_view()
remove_app = RemoveApp.as_view()
codes = Codes.as_view()
new_codes = NewCodes.as_view()
add_passkey = AddPasskey.as_view()
rename_passkey = RenamePasskey.as_view()
remove_passkey = RemovePasskey.as_view()
