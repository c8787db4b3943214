"""Sessions in the database, with signed keys.

A cookie that we did not issue is no session, and is refused without a query: requests of strangers
must not wake a paused database.
"""

from datetime import UTC, datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.timezone import now

RANDOM, SIGNATURE = 24, 16  # characters; the column of the key holds both
# Versions before this one issue unsigned keys, and run beside it during its deployment; a session
# lasts 12 hours. The first release after this day removes both constants and their use.
UNSIGNED_UNTIL = datetime(2027, 1, 31, tzinfo=UTC)
UNSIGNED = 32


def signature(text: str) -> str:
    return salted_hmac("config.sessions", text, algorithm="sha256").hexdigest()[:SIGNATURE]


def is_ours(key: str) -> bool:
    """Whether we issued the key of a session, as far as can be seen without the database."""
    if len(key) == UNSIGNED and now() < UNSIGNED_UNTIL:
        return set(key) <= set(VALID_KEY_CHARS)
    return constant_time_compare(key[RANDOM:], signature(key[:RANDOM]))


class SessionStore(db.SessionStore):
    """Of the same name as Django's, which is part of what its data are signed with."""

    def _get_new_session_key(self) -> str:
        text = get_random_string(RANDOM, VALID_KEY_CHARS)
        return text + signature(text)

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and is_ours(key)
