"""An authenticator app: the codes of a key at any time."""

import time

from allauth.mfa.totp.internal import auth

SECONDS = 30  # of a step


def step_now() -> int:
    return int(time.time()) // SECONDS


def code_of(key: str, step: int) -> str:
    """What the app shows in this step."""
    return str(auth.format_hotp_value(auth.hotp_value(key, step)))
