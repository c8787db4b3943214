"""A new password, by a link sent to the account's address.

The response is the same, and takes as long, whether the address has an account or not: the email is
written and sent after it.
"""

from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

from config.client_address import client_address
from onboarding.middleware.after_response import after_response
from onboarding.people.passwords import NewPassword
from vendors import login_limits


class Confirm(views.PasswordResetConfirmView):
    """Who can read the account's email owns the account, so earlier failed logins are cleared."""

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        forget_failures(username=form.user.get_username())
        login_limits.BY_NAME.forget(form.user.get_username().lower())
        return super().form_valid(form)


class ResetForm(PasswordResetForm):
    def save(self, **options: Any) -> None:  # type: ignore[override]
        """Links lead to PORTAL_URL, whatever host the request was sent to."""
        portal = urlsplit(settings.PORTAL_URL)
        super().save(
            **options | {"domain_override": portal.netloc, "use_https": portal.scheme == "https"}
        )

    def get_users(self, email: str) -> Any:
        found = super().get_users(email)
        return found if login_limits.RESETS_BY_ACCOUNT.allows(email.lower()) else ()

    def send_mail(self, *message: Any, **more: Any) -> None:
        after_response(partial(super().send_mail, *message, **more))


class Reset(views.PasswordResetView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not login_limits.RESETS_BY_ADDRESS.allows(client_address(request)):
            page = {"pause": login_limits.PAUSE}
            status = HTTPStatus.TOO_MANY_REQUESTS
            return render(request, "onboarding/password_reset_limited.html", page, status=status)
        return super().post(request, *args, **kwargs)


reset = login_not_required(
    Reset.as_view(
        template_name="onboarding/password_reset.html",
        email_template_name="onboarding/mail/password_reset.txt",
        subject_template_name="onboarding/mail/password_reset_subject.txt",
        extra_email_context={"support_email": settings.SUPPORT_EMAIL},
        success_url=reverse_lazy("password_reset_sent"),
        form_class=ResetForm,
    )
)
sent = login_not_required(
    views.PasswordResetDoneView.as_view(template_name="onboarding/password_reset_sent.html")
)
confirm = login_not_required(
    Confirm.as_view(
        form_class=NewPassword,
        template_name="onboarding/password_reset_confirm.html",
        success_url=reverse_lazy("password_reset_done"),
    )
)
done = login_not_required(
    views.PasswordResetCompleteView.as_view(template_name="onboarding/password_reset_done.html")
)
