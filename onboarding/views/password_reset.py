"""A new password, by a link sent to the account's address."""

from axes.utils import reset as forget_failures
from django.contrib.auth import views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.http import HttpResponse
from django.urls import reverse_lazy


class Confirm(views.PasswordResetConfirmView):
    """Who can read the account's email owns the account, so earlier failed logins are cleared."""

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:  # type: ignore[type-arg]
        forget_failures(username=form.user.get_username())
        return super().form_valid(form)


reset = login_not_required(
    views.PasswordResetView.as_view(
        template_name="onboarding/password_reset.html",
        email_template_name="onboarding/mail/password_reset.txt",
        subject_template_name="onboarding/mail/password_reset_subject.txt",
        success_url=reverse_lazy("password_reset_sent"),
        form_class=PasswordResetForm,
    )
)
sent = login_not_required(
    views.PasswordResetDoneView.as_view(template_name="onboarding/password_reset_sent.html")
)
confirm = login_not_required(
    Confirm.as_view(
        template_name="onboarding/password_reset_confirm.html",
        success_url=reverse_lazy("password_reset_done"),
    )
)
done = login_not_required(
    views.PasswordResetCompleteView.as_view(template_name="onboarding/password_reset_done.html")
)
