"""The portal's addresses. A view asks for a login unless it is marked `login_not_required`."""

from django.urls import path, register_converter

from onboarding.views import metrics
from onboarding.views.help.help import help_index, help_page, help_schema
from onboarding.views.help.help_api import help_api
from onboarding.views.help.help_webhooks import help_webhooks
from onboarding.views.help.troubleshooting import troubleshooting
from onboarding.views.home import home
from onboarding.views.people import (
    account,
    invitation,
    login,
    password_reset,
    security,
    team,
    tokens,
    webhooks,
)
from onboarding.views.products import find, product_edit, product_status, products, quality
from onboarding.views.robots import robots
from onboarding.views.uploads import (
    columns,
    downloads,
    fix,
    new_upload,
    release,
    upload,
    uploads,
    vendors,
)
from onboarding.views.uploads.template import template


class UploadId:
    """What an upload ID may look like: nothing else reaches the database."""

    regex = r"[A-Za-z0-9_-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Kind(UploadId):
    """What may be forgotten: the meaning of a name or a value, or of the columns of a file."""

    regex = "name|file|value"


register_converter(UploadId, "upload_id")
register_converter(Kind, "kind")

urlpatterns = [
    path("", home, name="home"),
    path("login/", login.login, name="login"),
    # The names of the pages of logins and factors are those that django-allauth leads to.
    path("login/", login.login, name="account_login"),
    path("login/code/", login.code, name="mfa_authenticate"),
    path("login/passkey/", login.passkey, name="mfa_login_webauthn"),
    path("logout/", login.logout, name="logout"),
    path("password-reset/", password_reset.reset, name="password_reset"),
    path("password-reset/sent/", password_reset.sent, name="password_reset_sent"),
    path(
        "password-reset/<str:uidb64>/<str:token>/",
        password_reset.confirm,
        name="password_reset_confirm",
    ),
    path("password-reset/done/", password_reset.done, name="password_reset_done"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/new/", new_upload.new_upload, name="new_upload"),
    path("uploads/new/vendors/", vendors.vendors, name="vendors"),
    path("uploads/<upload_id:upload_id>/", upload.upload_page, name="upload"),
    path("uploads/<upload_id:upload_id>/columns/", columns.columns, name="columns"),
    path("uploads/<upload_id:upload_id>/fix/", fix.fix, name="fix"),
    path("products/", products.products, name="products"),
    path("products/find/", find.find, name="find"),
    path("products/export.csv", products.export_csv, name="products_csv"),
    path("products/export.csv/<str:token>/", products.export_csv, name="products_csv"),
    path("products/export.xlsx", products.export_workbook, name="products_workbook"),
    path("products/quality/", quality.quality, name="quality"),
    path("products/improve.csv", quality.improve_csv, name="improve_csv"),
    path("products/improve.xlsx", quality.improve_workbook, name="improve_workbook"),
    path("products/status/", product_status.products_status, name="products_status"),
    path("products/<int:product_id>/", products.product, name="product"),
    path("products/<int:product_id>/edit/", product_edit.edit, name="edit_product"),
    path("products/<int:product_id>/status/", product_status.product_status, name="product_status"),
    path("account/", account.account, name="account"),
    path("account/email/", account.account_email, name="account_email"),
    path("account/email/<str:token>/", account.confirm_email, name="confirm_email"),
    path("account/password/", account.account_password, name="account_password"),
    path("account/vendor/", account.switch_vendor, name="switch_vendor"),
    path("account/security/", security.security, name="mfa_index"),
    path("account/security/password/", security.confirm, name="account_reauthenticate"),
    path("account/security/app/", security.add_app, name="mfa_activate_totp"),
    path("account/security/app/remove/", security.remove_app, name="mfa_deactivate_totp"),
    path("account/security/codes/", security.codes, name="mfa_view_recovery_codes"),
    path("account/security/codes/new/", security.new_codes, name="mfa_generate_recovery_codes"),
    path("account/security/passkeys/", security.add_passkey, name="mfa_add_webauthn"),
    path("account/security/passkeys/<int:pk>/", security.rename_passkey, name="mfa_edit_webauthn"),
    path(
        "account/security/passkeys/<int:pk>/remove/",
        security.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("team/", team.team, name="team"),
    path("team/invite/", team.invite, name="invite"),
    path("team/recipients/", team.recipients, name="recipients"),
    path("team/<int:number>/", team.member, name="team_member"),
    path("team/<int:number>/remove/", team.remove, name="remove_member"),
    path("team/invitations/<int:number>/resend/", team.resend_invitation, name="resend_invitation"),
    path("team/invitations/<int:number>/revoke/", team.revoke_invitation, name="revoke_invitation"),
    path("invitations/<str:token>/", invitation.invitation, name="invitation"),
    path("account/tokens/", tokens.api_tokens, name="api_tokens"),
    path("account/tokens/<int:number>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("account/webhooks/", webhooks.webhooks, name="webhooks"),
    path("account/webhooks/<int:number>/", webhooks.webhook, name="webhook"),
    path("account/webhooks/<int:number>/ping/", webhooks.ping_webhook, name="ping_webhook"),
    path(
        "account/webhooks/<int:number>/secret/",
        webhooks.replace_webhook_secret,
        name="replace_webhook_secret",
    ),
    path(
        "account/webhooks/<int:number>/off/",
        webhooks.switch_webhook_off,
        name="switch_webhook_off",
    ),
    path("account/webhooks/<int:number>/on/", webhooks.switch_webhook_on, name="switch_webhook_on"),
    path("account/webhooks/<int:number>/delete/", webhooks.delete_webhook, name="delete_webhook"),
    path(
        "account/webhooks/<int:number>/deliveries/<int:delivery>/send-again/",
        webhooks.send_webhook_again,
        name="send_webhook_again",
    ),
    path("columns/", columns.remembered, name="remembered"),
    path("columns/<kind:kind>/<int:number>/forget/", columns.forget, name="forget"),
    path("uploads/<upload_id:upload_id>/retry/", upload.retry, name="retry"),
    path("uploads/<upload_id:upload_id>/update/", upload.update, name="update"),
    path("uploads/<upload_id:upload_id>/import/", upload.import_checked, name="import_checked"),
    path("uploads/<upload_id:upload_id>/release/", release.release, name="release"),
    path("uploads/<upload_id:upload_id>/cancel/", upload.cancel, name="cancel"),
    path("uploads/<upload_id:upload_id>/undo/", upload.undo, name="undo"),
    path("uploads/<upload_id:upload_id>/errors.csv", downloads.errors, name="errors"),
    path("uploads/<upload_id:upload_id>/correct.csv", downloads.correct, name="correct"),
    path(
        "uploads/<upload_id:upload_id>/correct.xlsx",
        downloads.correct_workbook,
        name="correct_workbook",
    ),
    path("uploads/<upload_id:upload_id>/changes.csv", downloads.changes, name="changes"),
    path("reports/<str:token>/", downloads.mailed, name="mailed_report"),
    path("template/<slug:dataset>.<slug:extension>", template, name="template"),
    path("metrics", metrics.metrics, name="metrics"),
    path("robots.txt", robots, name="robots"),
    path("help/", help_index, name="help_index"),
    path("help/api/", help_api, name="help_api"),
    path("help/webhooks/", help_webhooks, name="help_webhooks"),
    path("help/troubleshooting/", troubleshooting, name="troubleshooting"),
    path("help/<slug:dataset>/schema/", help_schema, name="help_schema"),
    path("help/<slug:dataset>/", help_page, name="help"),
]
