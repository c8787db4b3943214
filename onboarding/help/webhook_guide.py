"""The guide on the help page of webhooks: messages, numbers, programs that a person can copy.

A test runs the programs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from imports.rules.quantities import days, hours, minutes
from imports.rules.wording import Words
from imports.webhooks import connection, endpoints, examples, programs, sending, signing
from onboarding.people.webhook_log import EVENT_TITLES


@dataclass(frozen=True)
class Program:
    """How to verify a message."""

    key: str
    title: Words
    about: Words
    code: str


PROGRAMS = (
    Program(
        "package",
        _("With a library"),
        _(
            "Standard Webhooks has libraries for most languages. In Python, “pip install "
            "standardwebhooks”. It refuses what is older than five minutes."
        ),
        programs.WITH_LIBRARY,
    ),
    Program(
        "python",
        _("By hand, in Python"),
        _(
            "The signature is an HMAC with SHA-256 of ID, time and body, with a dot between them. "
            "Use the body as it came, byte for byte."
        ),
        programs.IN_PYTHON,
    ),
    Program(
        "shell",
        _("By hand, in a shell"),
        _("It prints the signature that the header must have, to compare the two."),
        programs.IN_SHELL,
    ),
)
HEADERS = (
    ("webhook-id", _("The message’s ID. It is the same in every attempt.")),
    ("webhook-timestamp", _("When this attempt was made, in seconds since 1970.")),
    ("webhook-signature", _("One or more signatures, with a space between them.")),
    ("content-type", "application/json"),
    ("user-agent", sending.USER_AGENT),
)


def messages() -> list[tuple[str, Words, str]]:
    """(key, title, example body) of each event and of a ping."""
    return [
        (key, EVENT_TITLES[key], json.dumps(body, ensure_ascii=False, indent=2))
        for key, body in examples.messages().items()
    ]


def pauses() -> list[str]:
    """How long before each attempt after the first: "5 seconds", "30 minutes"."""
    return [in_words(pause) for pause in sending.PAUSES]


def in_words(seconds: float) -> str:
    if seconds >= sending.HOUR:
        return hours(int(seconds) // sending.HOUR)
    if seconds >= sending.MINUTE:
        return minutes(seconds)
    text = ngettext("%(count)s second", "%(count)s seconds", int(seconds))
    return text % {"count": int(seconds)}


def numbers() -> Mapping[str, str]:
    """The limits, by their names in the texts of the page."""
    return {
        "attempts": str(sending.MOST_ATTEMPTS),
        "tried": hours(sending.WHOLE_HOURS),
        "answer": in_words(settings.WEBHOOK_ANSWER_SECONDS),
        "patience": hours(sending.MAX_PATIENCE_SECONDS // sending.HOUR),
        "dead": days(sending.DEAD_AFTER.days),
        "both": hours(int(signing.BOTH_SIGN_FOR.total_seconds()) // sending.HOUR),
        "most": str(endpoints.MOST_OF_VENDOR),
        "kept": str(endpoints.KEPT_OF_ENDPOINT),
        "characters": str(connection.MAX_URL),
    }


def answers() -> list[tuple[str, str]]:
    """(answer, what follows from it)."""
    known = numbers()
    again = gettext("We try again.")
    return [
        ("2xx", gettext("It has arrived.")),
        ("410", gettext("The address is gone: we switch the webhook off.")),
        (
            "429, 503",
            gettext(
                "We try again, and not before the seconds of Retry-After, %(patience)s at most."
            )
            % known,
        ),
        (
            "3xx",
            gettext("We follow no redirects, and try again. Change the webhook’s address."),
        ),
        (gettext("anything else"), again),
        (gettext("none within %(answer)s") % known, again),
    ]
