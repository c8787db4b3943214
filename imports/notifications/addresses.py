"""Addresses of the pages that emails, alarms and admin pages link to.

The pages belong to the portal and the admin, which the pipeline does not import. A test compares
these addresses with theirs.
"""

from django.conf import settings
from django.contrib.admin.utils import quote


def new_upload_url() -> str:
    return f"{settings.PORTAL_URL}/uploads/new/"


def uploads_url() -> str:
    return f"{settings.PORTAL_URL}/uploads/"


def upload_url(upload_id: str) -> str:
    return f"{settings.PORTAL_URL}/uploads/{upload_id}/"


def api_upload_url(upload_id: str) -> str:
    """Where a program reads what is known about the upload."""
    return f"{settings.PORTAL_URL}/api/v1/uploads/{upload_id}"


def undo_url(upload_id: str) -> str:
    """Where a person takes the upload back."""
    return f"{settings.PORTAL_URL}/uploads/{upload_id}/undo/"


def fix_url(upload_id: str) -> str:
    """Where a person corrects the rejected rows."""
    return f"{settings.PORTAL_URL}/uploads/{upload_id}/fix/"


def review_url(upload_id: str) -> str:
    """Where staff decide about a held upload."""
    return f"{settings.PORTAL_URL}/admin/imports/heldupload/{quote(upload_id)}/change/"


def columns_url(upload_id: str) -> str:
    """Where a person says what the columns of the upload's file are."""
    return f"{settings.PORTAL_URL}/uploads/{upload_id}/columns/"


def help_url(page: str, code: str) -> str:
    """What a code means and what to do about it: on the page of the data set whose files can get
    it, or on that of the API."""
    return f"{settings.PORTAL_URL}/help/{page}/#{code}"


def account_url() -> str:
    """Where a person chooses which emails they get."""
    return f"{settings.PORTAL_URL}/account/"


def tokens_url() -> str:
    """Where a person creates and revokes API tokens."""
    return f"{settings.PORTAL_URL}/account/tokens/"


def webhooks_url() -> str:
    """Where a person adds and changes webhooks."""
    return f"{settings.PORTAL_URL}/account/webhooks/"


def webhook_url(number: int) -> str:
    """The page of a webhook, with what was sent to it."""
    return f"{settings.PORTAL_URL}/account/webhooks/{number}/"


def home_url() -> str:
    return f"{settings.PORTAL_URL}/"


def team_url() -> str:
    """Where owners say who is a member."""
    return f"{settings.PORTAL_URL}/team/"


def invitation_url(token: str) -> str:
    """Where a person accepts the invitation named by a signed token (see people/links.py)."""
    return f"{settings.PORTAL_URL}/invitations/{token}/"


def report_url(token: str) -> str:
    """The report named by a signed token (see report_links.py)."""
    return f"{settings.PORTAL_URL}/reports/{token}/"


def alarm_url(alarm_id: int) -> str:
    return f"{settings.PORTAL_URL}/admin/imports/alarm/{alarm_id}/change/"


def security_url() -> str:
    """Where a person sees and changes their second factors."""
    return f"{settings.PORTAL_URL}/account/security/"
