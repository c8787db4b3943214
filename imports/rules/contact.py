"""Rules about contact details: email addresses and telephone numbers, by their form only."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.people import OTHER_DIGITS, has_other_digits

MAX_ADDRESS_OCTETS = 254  # as SMTP has it
MAX_MAILBOX_OCTETS = 64
MAX_PHONE_CHARACTERS = 40
# An address in ASCII: RFC 5321's dot-atom, and a host with labels of letters, digits and hyphens,
# the last one of letters. email-validator agrees, at twenty times the cost.
ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ASCII_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+[a-z]{{2,63}}")
PHONE = re.compile(
    r"(?:\(?\+)?[0-9()][0-9 ()./\u2010-\u2013-]*(?: ?(?:x|ext(?:\.|ension)?) ?[0-9]{1,6})?",
    re.IGNORECASE,
)
AS_DECIMAL = re.compile(r"[0-9]+\.0+")  # as spreadsheets write a number that they took for one


@dataclass(frozen=True)
class Email(Rule):
    """An email address. Its value is in lower case: one mailbox, however people write it."""

    code: str = field(default="INVALID_EMAIL", kw_only=True)
    variants = {"not_an_address": _("{field} must be an email address (was '{value}')")}
    in_words = _("an email address, stored in lower case")
    remedy = _("Enter one address, such as name@example.com.")

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            address = text.lower()
            if not is_address(address):
                raise InvalidCell(self, "not_an_address", label, text)
            return address

        return check

    @property
    def json_schema(self) -> Mapping[str, Any]:
        return {"format": "email"}


@dataclass(frozen=True)
class Phone(Rule):
    """A telephone number as people write it: enough digits, and only signs that belong to one."""

    code: str = field(default="INVALID_PHONE", kw_only=True)
    least: int = 7
    most: int = 15
    variants = {
        "not_a_number": _(
            "{field} must be a phone number with {rule.least} to {rule.most} digits (was '{value}')"
        ),
        "decimals": _("{field} must be a phone number without decimals (was '{value}')"),
        "other_digits": OTHER_DIGITS,
    }

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if has_other_digits(text):
                raise InvalidCell(self, "other_digits", label, text)
            if AS_DECIMAL.fullmatch(text):
                raise InvalidCell(self, "decimals", label, text)
            number = with_plain_spaces(text)
            if not self._is_plausible(number):
                raise InvalidCell(self, "not_a_number", label, text)
            return number

        return check

    def _is_plausible(self, text: str) -> bool:
        if len(text) > MAX_PHONE_CHARACTERS or not PHONE.fullmatch(text):
            return False
        number = re.split("x|ext", text, flags=re.IGNORECASE)[0]  # without the extension
        return self.least <= sum(map(str.isdigit, number)) <= self.most

    @property
    def in_words(self) -> str:
        return gettext("a phone number with {rule.least} to {rule.most} digits").format(rule=self)

    @property
    def remedy(self) -> str:
        return gettext(
            "Enter {rule.least} to {rule.most} digits, such as +49 421 555 0123. If a spreadsheet "
            "turned the number into something like 4.9E+11, format the column as text first."
        ).format(rule=self)


def is_address(text: str) -> bool:
    """Does it have the form of an email address, in lower case?"""
    if len(text) <= MAX_MAILBOX_OCTETS and text.isascii() and "xn--" not in text:
        return ASCII_ADDRESS.fullmatch(text) is not None  # as nearly all of them
    mailbox, _at, host = text.rpartition("@")
    if octets(text) > MAX_ADDRESS_OCTETS or octets(mailbox) > MAX_MAILBOX_OCTETS:
        return False  # before anything is compared
    if text.isascii() and "xn--" not in text:
        return ASCII_ADDRESS.fullmatch(text) is not None
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    # The library forgives full-width dots, and the value is kept as it is written.
    return host in {found.domain, found.ascii_domain}


def octets(text: str) -> int:
    return len(text.encode(errors="replace"))


def with_plain_spaces(text: str) -> str:
    """The text with spaces as keyboards write them: pages are copied with spaces that do not
    break."""
    return "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in text)
