"""In and out: login, logout, a new password."""

from axes.utils import reset as forget_failures
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect("uploads" if request.user.is_authenticated else "login")


class Login(AuthenticationForm):
    error_messages = {
        "invalid_login": "User name and password do not match. Mind upper and lower case.",
        "inactive": "This account is not active.",
    }


class ResetConfirm(views.PasswordResetConfirmView):
    """Whoever reads the account's mail is its owner: failed logins of others are forgotten."""

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        forget_failures(username=form.user.get_username())
        return super().form_valid(form)


login = views.LoginView.as_view(
    template_name="onboarding/login.html",
    authentication_form=Login,
    redirect_authenticated_user=True,
)
logout = views.LogoutView.as_view()
reset = login_not_required(
    views.PasswordResetView.as_view(
        template_name="onboarding/password_reset.html",
        email_template_name="onboarding/mail/password_reset.txt",
        subject_template_name="onboarding/mail/password_reset_subject.txt",
        success_url=reverse_lazy("password_reset_sent"),
        form_class=PasswordResetForm,
    )
)
reset_sent = login_not_required(
    views.PasswordResetDoneView.as_view(template_name="onboarding/password_reset_sent.html")
)
reset_confirm = login_not_required(
    ResetConfirm.as_view(
        template_name="onboarding/password_reset_confirm.html",
        success_url=reverse_lazy("password_reset_done"),
    )
)
reset_done = login_not_required(
    views.PasswordResetCompleteView.as_view(template_name="onboarding/password_reset_done.html")
)
