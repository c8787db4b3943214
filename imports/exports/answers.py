"""Answers a request for an export: by the address of the file in the bucket.

Nothing passes the portal itself, because API Gateway passes on 10 MB at most and waits for 30
seconds. A file that takes longer is continued by the next request, for which a page asks by itself.
"""

import secrets
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from imports.exports.parts import Begun, Written, go_on
from imports.exports.table import Table
from imports.storage import s3, s3_parts
from vendors.access import access_of

# Their lifecycle rule deletes them after a day.
DOWNLOADS = "downloads/"
SECONDS_OF_A_LINK = 600
SECONDS_TO_GO_ON = 3600


def whole_file(
    request: HttpRequest, stem: str, extension: str, media_type: str, pieces: Iterable[bytes]
) -> HttpResponse:
    """Lead to a file that is written at once, because it cannot have many rows."""
    key = new_key(request, stem, extension)
    with TemporaryFile() as file:
        file.writelines(pieces)
        file.seek(0)
        version = s3.put(settings.S3_BUCKET, key, file, media_type)
    return see(Written(key, version))


def table_file(
    request: HttpRequest,
    token: str,
    stem: str,
    table: Table,
    *,
    page: str,
    address: Callable[[str], str],
) -> HttpResponse:
    """Lead to a CSV file of any length, or to the page of this template that goes on with it.

    `token` comes from that page, or is empty. `address` makes the path for a token, and for an
    empty one that of the beginning.
    """
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    salt = salt_of(request, address("") + query)
    begun = read(token, salt) if token else Begun(new_key(request, stem, "csv"))
    try:
        made = go_on(begun, table) if begun else None
    except s3_parts.Lost:
        made = None
    if made is None:
        return redirect(address("") + query)
    if isinstance(made, Written) and not token:
        return see(made)
    if isinstance(made, Written):
        target = link(made)
    else:
        goes_on = signing.dumps(made.as_list(), salt=salt, compress=True)
        target = address(goes_on) + query
    answer = render(request, page, {"made": made, "target": target})
    answer["Refresh"] = f"0; url={target}"
    answer["Cache-Control"] = "no-store"
    return answer


def new_key(request: HttpRequest, stem: str, extension: str) -> str:
    """A key of its own; its last part is the name of the download."""
    name = f"{stem}-{now():%Y%m%d-%H%M%S}.{extension}"
    return f"{DOWNLOADS}{request.user.pk}/{secrets.token_hex(8)}/{name}"


def salt_of(request: HttpRequest, address: str) -> str:
    """What a file was begun for: by whom, for which vendor, with which filters."""
    return f"imports.export {request.user.pk} {access_of(request.user).vendor_id} {address}"


def read(token: str, salt: str) -> Begun | None:
    """What was begun; None if it was for something else, or too long ago."""
    try:
        return Begun.from_list(signing.loads(token, salt=salt, max_age=SECONDS_TO_GO_ON))
    except signing.BadSignature:
        return None


def link(written: Written) -> str:
    """The address of the file in the bucket, for some minutes."""
    return s3.download_link(
        settings.S3_BUCKET,
        written.key,
        written.version,
        written.key.rpartition("/")[2],
        seconds=SECONDS_OF_A_LINK,
    )


def see(written: Written) -> HttpResponse:
    answer = HttpResponse(status=303, headers={"Location": link(written)})
    answer["Cache-Control"] = "no-store"
    return answer
