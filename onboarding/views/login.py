"""Logging in and out."""

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from vendors.login_limits import remember_device
from vendors.names import username_of


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
        response = super().form_valid(form)
        remember_device(response, form.get_user())
        return response


login = LoginView.as_view(
    template_name="onboarding/login.html",
    authentication_form=Login,
    redirect_authenticated_user=True,
)
logout = views.LogoutView.as_view()
