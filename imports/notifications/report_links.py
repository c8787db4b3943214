"""The link in the email: our own, signed and valid for days, whatever the credentials behind it.

A URL presigned with a task role's credentials expires with those credentials, within hours. So the
link in the email names the report, and the portal redirects to a new presigned URL.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing

from imports.models import Upload
from imports.notifications import addresses
from imports.storage import s3

SALT = "imports.report-link"


class LinkExpired(Exception):
    """The link has expired."""


class LinkInvalid(Exception):
    """We did not issue this link."""


@dataclass(frozen=True)
class ReportLink:
    upload_id: str
    run: int
    key: str
    version: str


def report_url(upload: Upload) -> str:
    """The address of the upload's error report for its email."""
    content = [upload.upload_id, upload.run, upload.error_file_s3_key, upload.error_file_version]
    token = signing.dumps(content, salt=SALT, compress=True)
    return addresses.report_url(token)


def read(token: str) -> ReportLink:
    """The report that a link's token names. Raises LinkExpired or LinkInvalid."""
    longest = timedelta(days=settings.REPORT_LINK_DAYS)
    try:
        return ReportLink(*signing.loads(token, salt=SALT, max_age=longest))
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise LinkInvalid from error


def download_url(upload: Upload, version: str, *, key: str = "") -> str:
    """A short-lived URL of one version of the upload's report.

    `key` is required for the report of an earlier run, because a retry clears the upload's own.
    """
    return s3.download_link(
        upload.s3_bucket,
        key or upload.error_file_s3_key,
        version,
        (key or upload.error_file_s3_key).rpartition("/")[2],
    )
