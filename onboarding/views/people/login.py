"""Logging in and out: a password, then the second factor of a person who has one; or a passkey."""

from http import HTTPStatus
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as Attempt
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.client_address import client_address
from onboarding.people.security.forms import CodeForm, PasskeyCodeForm, PasskeyLoginForm
from vendors.login_limits import PASSKEYS_BY_ADDRESS, PAUSE, count_only_failures
from vendors.names import username_of

PAGE = "onboarding/login.html"


class Login(AuthenticationForm):
    """The name is looked up before anything is counted: failures count for one name, whether the
    username or the email address was typed."""

    error_messages = {
        "invalid_login": _("Incorrect username or password."),
        "inactive": _("This account is not active. Contact support to activate it."),
    }

    def clean_username(self) -> str:
        return username_of(self.cleaned_data["username"])


class LoginView(views.LoginView):
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Goes on with the second step, for people who have one."""
        user: Any = form.get_user()
        count_only_failures(self.request, user)
        attempt = Attempt(user=user, redirect_url=self.get_success_url())
        name = {"username": user.get_username()}
        response: HttpResponse = perform_password_login(self.request, name, attempt)
        return response


class CodeView(AuthenticateView):
    """The second step, after the password."""

    template_name = "onboarding/login_code.html"

    def get_form_class(self) -> type[CodeForm]:
        return CodeForm

    def get_webauthn_form_class(self) -> type[PasskeyCodeForm]:
        return PasskeyCodeForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().get_context_data(**more)
        factors = Authenticator.objects.filter(user=self.stage.login.user.pk)
        return page | {"types": set(factors.values_list("type", flat=True))}

    def form_invalid(self, form: Any) -> HttpResponse:
        page = self.get_context_data()
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        answer: HttpResponse = self.render_to_response(page, status=status)
        return answer


class PasskeyView(LoginWebAuthnView):
    """A login with nothing but a passkey: which options it has, and what it answered."""

    def dispatch(self, request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not PASSKEYS_BY_ADDRESS.allows(client_address(request)):
            page = {"cooloff_timedelta": PAUSE}
            status = HTTPStatus.TOO_MANY_REQUESTS
            return render(request, "registration/locked_out.html", page, status=status)
        answer: HttpResponseBase = super().dispatch(request, *args, **more)
        return answer

    def get_form_class(self) -> type[PasskeyLoginForm]:
        return PasskeyLoginForm

    def form_invalid(self, form: Any) -> HttpResponse:
        page = {
            "form": Login(),
            "next": self.request.POST.get("next", ""),
            "passkey_error": gettext("We don’t know this passkey. Log in with your password."),
        }
        return render(self.request, PAGE, page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


login = LoginView.as_view(
    template_name=PAGE, authentication_form=Login, redirect_authenticated_user=True
)
code = CodeView.as_view()
passkey = login_not_required(PasskeyView.as_view())
logout = views.LogoutView.as_view()
