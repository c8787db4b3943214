"""Tokens for the REST API: made, recognized, counted, revoked.

A token is `vop_`, 30 random characters and 6 that are the CRC-32 of those before: a program that
searches for leaked secrets can tell one, and a mistyped one needs no query.
"""

import hashlib
import secrets
import string
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.timezone import now

from vendors.access import READ_PRODUCTS, READ_UPLOADS, SEND_UPLOADS, WEBHOOKS
from vendors.models import ApiToken, Member, Vendor

PREFIX = "vop_"
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARACTERS, SUM_CHARACTERS = 30, 6
SHOWN_CHARACTERS = 8  # of a token, of which four are random
SCOPES = (READ_UPLOADS, SEND_UPLOADS, READ_PRODUCTS, WEBHOOKS)
MOST_OF_VENDOR = 10
LONGEST_LIFE = timedelta(days=400)
KEYS_KEPT = timedelta(days=7)  # of requests that may be repeated
USE_RECORDED_EVERY = timedelta(minutes=1)
WINDOW_SECONDS = 60
# One statement: count this request in the present minute, and say how the minute stands.
COUNT = """
    INSERT INTO api_windows AS known (token_id, began_at, requests, uploads)
    VALUES (%s, date_trunc('minute', clock_timestamp()), 1, %s)
    ON CONFLICT (token_id) DO UPDATE SET
        requests = excluded.requests
            + CASE WHEN known.began_at = excluded.began_at THEN known.requests ELSE 0 END,
        uploads = excluded.uploads
            + CASE WHEN known.began_at = excluded.began_at THEN known.uploads ELSE 0 END,
        began_at = excluded.began_at
    RETURNING requests, uploads, 60 - extract(second FROM clock_timestamp())
"""
# Composed once: for each request, that took as long as the query itself.
KNOWN = (
    ApiToken.objects.select_related("vendor", "created_by")
    .annotate(
        role_today=Subquery(
            Member.objects.filter(user=OuterRef("created_by"), vendor=OuterRef("vendor"))
            .order_by()
            .values("role")
        )
    )
    .order_by()
)


class TooManyTokens(Exception):
    """The vendor has as many tokens as it may have."""


def new_token() -> str:
    """A token that no one has."""
    start = PREFIX + "".join(secrets.choice(DIGITS) for _ in range(RANDOM_CHARACTERS))
    return start + check_sum(start)


def check_sum(text: str) -> str:
    """CRC-32 in base 62."""
    rest, found = zlib.crc32(text.encode()), ""
    for _ in range(SUM_CHARACTERS):
        rest, digit = divmod(rest, len(DIGITS))
        found = DIGITS[digit] + found
    return found


def is_well_formed(token: str) -> bool:
    """Whether it may be one of ours."""
    start, end = token[:-SUM_CHARACTERS], token[-SUM_CHARACTERS:]
    is_ours = token.isascii() and token.startswith(PREFIX)
    return is_ours and len(start) == len(PREFIX) + RANDOM_CHARACTERS and end == check_sum(start)


def digest_of(token: str) -> str:
    """What is stored of it. 178 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def create(
    *, vendor: Vendor, name: str, scopes: Collection[str], life: timedelta, by: User
) -> tuple[ApiToken, str]:
    """A token that works for `life`, and its text, which cannot be found out later.

    Raises TooManyTokens.
    """
    text = new_token()
    moment = now()
    with transaction.atomic():
        Vendor.objects.select_for_update().get(pk=vendor.pk)  # two at once are counted one by one
        if vendor.api_tokens.working_at(moment).count() >= MOST_OF_VENDOR:
            raise TooManyTokens(vendor.pk)
        token = ApiToken.objects.create(
            name=name,
            vendor=vendor,
            created_by=by,
            start=text[:SHOWN_CHARACTERS],
            digest=digest_of(text),
            scopes=[scope for scope in SCOPES if scope in scopes],
            expires_at=moment + min(life, LONGEST_LIFE),
        )
    return token, text


def revoke(token: ApiToken, *, by: User) -> None:
    """From now on, it does not work. Nothing happens to one that was revoked before."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now(), revoked_by=by)


def revoke_of_member(*, user: User, vendor_id: str, by: User) -> None:
    """Revoke those that the user has created for the vendor."""
    ended = ApiToken.objects.filter(created_by=user, vendor=vendor_id, revoked_at=None)
    ended.update(revoked_at=now(), revoked_by=by)


def find(text: str) -> ApiToken | None:
    """The stored token, with its vendor, its person and that person's role there."""
    if not is_well_formed(text):
        return None
    return next(iter(KNOWN.filter(digest=digest_of(text))), None)


@dataclass(frozen=True)
class Usage:
    """How often a token was used in the present minute, which ends in `seconds`."""

    requests: int
    uploads: int
    seconds: int

    @property
    def requests_left(self) -> int:
        return max(0, settings.API_REQUESTS_PER_MINUTE - self.requests)

    @property
    def uploads_left(self) -> int:
        return max(0, settings.API_UPLOADS_PER_MINUTE - self.uploads)

    def is_exceeded(self, *, is_upload: bool) -> bool:
        """Who has started too many imports may still follow them."""
        return self.requests > settings.API_REQUESTS_PER_MINUTE or (
            is_upload and self.uploads > settings.API_UPLOADS_PER_MINUTE
        )


def count(token: ApiToken, *, is_upload: bool) -> Usage:
    """Count a request of the token; at most once a minute, record when it was used."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [token.pk, int(is_upload)])
        requests, uploads, seconds = cursor.fetchone()
    moment = now()
    earlier = moment - USE_RECORDED_EVERY
    if token.last_used_at is None or token.last_used_at <= earlier:
        unused = Q(last_used_at=None) | Q(last_used_at__lte=earlier)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=moment)
    return Usage(requests, uploads, max(1, int(seconds)))
