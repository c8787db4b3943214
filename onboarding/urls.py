"""The portal's addresses. A view asks for a login unless it is marked `login_not_required`."""

from django.urls import path, register_converter

from onboarding.views import account, guide, history, reports, sending, upload


class UploadId:
    """What an upload id may look like: nothing else reaches the database."""

    regex = r"[A-Za-z0-9_-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UploadId, "upload_id")

urlpatterns = [
    path("", account.home, name="home"),
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("password-reset/", account.reset, name="password_reset"),
    path("password-reset/sent/", account.reset_sent, name="password_reset_sent"),
    path(
        "password-reset/<str:uidb64>/<str:token>/",
        account.reset_confirm,
        name="password_reset_confirm",
    ),
    path("password-reset/done/", account.reset_done, name="password_reset_done"),
    path("uploads/", history.uploads, name="uploads"),
    path("uploads/new/", sending.new_upload, name="new_upload"),
    path("uploads/<upload_id:upload_id>/", upload.show, name="upload"),
    path("uploads/<upload_id:upload_id>/retry/", upload.retry, name="retry"),
    path("uploads/<upload_id:upload_id>/cancel/", upload.cancel, name="cancel"),
    path("uploads/<upload_id:upload_id>/errors.csv", reports.errors, name="errors"),
    path("uploads/<upload_id:upload_id>/correct.csv", reports.correct, name="correct"),
    path("reports/<str:token>/", reports.mailed, name="mailed_report"),
    path("template/<slug:dataset>.<slug:extension>", guide.template, name="template"),
    path("help/", guide.datasets_offered, name="help_index"),
    path("help/troubleshooting/", guide.troubleshooting, name="troubleshooting"),
    path("help/<slug:dataset>/", guide.show, name="help"),
]
