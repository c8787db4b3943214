"""Addresses and numbers as people write them, and what only looks like one."""

import re
import time

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from imports.rules.base import InvalidCell
from imports.rules.contact import ASCII_ADDRESS, Email, Phone
from imports.rules.text import OneOf


@pytest.mark.parametrize(
    "text",
    [
        "jo@example.com",
        "jo.miller+news@mail.example.co.uk",
        "o'neill@example.ie",
        "a@b.de",
        "1@2.example",
        "jo_miller-1@xn--bcher-kva.example",
        "jörg@bücher.example",
        "用户@例子.公司",
        "jo@example.xn--p1ai",
        "x" * 64 + "@example.com",
        "j\u00f6rg@xn--bcher-kva.example",
        "\u00fc" * 32 + "@example.com",
    ],
)
def test_an_address(text: str) -> None:
    assert Email().checker("Email")(text) == text


def test_an_address_is_kept_in_lower_case() -> None:
    check = Email().checker("Email")
    assert check("Jo.Miller@EXAMPLE.com") == "jo.miller@example.com"
    assert check("JÖRG@example.com") == "jörg@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "jo",
        "jo@",
        "@example.com",
        "jo@example",
        "jo@example.c",
        "jo@example.123",
        "jo@192.168.0.1",
        "jo@@example.com",
        "jo@a@example.com",
        "jo miller@example.com",
        "jo@exam ple.com",
        "jo@example..com",
        "jo@.example.com",
        "jo@example.com.",
        ".jo@example.com",
        "jo.@example.com",
        "j..o@example.com",
        "jo@-example.com",
        "jo@example-.com",
        "jo@exa_mple.com",
        "jo,al@example.com",
        "jo@example.com,al@example.com",
        "jo@example.com; al@example.com",
        "Jo <jo@example.com>",
        "mailto:jo@example.com",
        "jo\n@example.com",
        "jo\u200b@example.com",
        "jo\u00a0miller@example.com",
        "jo\u202e@example.com",
        "x" * 65 + "@example.com",
        "jo@" + "x" * 64 + ".com",
        "jo@" + "x.x" * 100 + ".com",
        "=cmd|'/c calc'!A1",
        "jo@mail\uff0eexample.com",
        "jo@mail\u3002example.com",
        "jo@b\u00fccher--.example",
        "jo@xn--.example",
        "jo@ex\u00e4mple",
        "j\u00f6 miller@example.com",
        "\u00fc" * 33 + "@example.com",
        "jo@" + ".".join(["\u00fc" * 30] * 5) + ".example",
        "jo@" + "\u00fc" * 60 + ".com",
    ],
)
def test_no_address(text: str) -> None:
    with pytest.raises(InvalidCell, match="Email must be an email address"):
        Email().checker("Email")(text)


@given(st.text("ab1.-_+'#", min_size=1, max_size=12), st.text("abc1.-", min_size=4, max_size=20))
def test_an_ascii_address_is_one_for_the_library_too(name: str, host: str) -> None:
    """The pattern decides; only of the last label it wants more: two letters, and no digit."""
    address = f"{name}@{host}"
    if ASCII_ADDRESS.fullmatch(address):
        validate_email(address, check_deliverability=False, strict=True)
    elif re.fullmatch("[a-z]{2,}", host.rpartition(".")[2]):
        with pytest.raises(EmailNotValidError):
            validate_email(address, check_deliverability=False, strict=True)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000 + "@",
        "a." * 120 + "@",
        "@".join("ab" * 60),
        "a@" + "a-" * 120,
        "a@" + "a." * 120,
        "\u00fc@" + "\u00fc." * 120,
        "\u00fc" + "@" * 250,
        "xn--@" + "xn--a." * 40,
    ],
)
def test_a_hostile_address_costs_no_time(text: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidCell):
        Email().checker("Email")(text)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    "text",
    [
        "0421 555 0123",
        "+49 421 555 0123",
        "+49 (0) 421/555-0123",
        "(555) 010-0123",
        "555.010.0123",
        "555-0101",
        "5550101",
        "+1 555 010 0123 x12",
        "555 010 0123 ext. 4567",
        "555–010–0123",
        "123456789012345",
    ],
)
def test_a_phone_number(text: str) -> None:
    assert Phone().checker("Phone")(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "12",
        "555-010",
        "1234567890123456",
        "4.94E+11",
        "4,94E+11",
        "call me",
        "n/a",
        "-5550101",
        "++49 421 5550123",
        "555 010 0123 or 4",
        "0421\n5550123",
        "(+49 421",
        "()-. ()-. ()",
        "+49 421 555 0123" + " " * 40 + "1",
        "0" * 5_000,
    ],
)
def test_no_phone_number(text: str) -> None:
    with pytest.raises(InvalidCell, match="Phone must be a phone number with 7 to 15 digits"):
        Phone().checker("Phone")(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("+49\u00a0421\u202f555\u00a00123", "+49 421 555 0123"),
        ("(+49) 421 5550123", "(+49) 421 5550123"),
        ("+1 555 010 0123 extension 5", "+1 555 010 0123 extension 5"),
    ],
)
def test_a_phone_number_as_people_and_programs_write_it(text: str, stored: str) -> None:
    assert Phone().checker("Phone")(text) == stored


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("٠٤٢١٥٥٥٠١٢٣", "Phone must be written with the digits 0 to 9 (was '٠٤٢١٥٥٥٠١٢٣')"),
        (
            "０４２１５５５０",
            "Phone must be written with the digits 0 to 9 (was '０４２１５５５０')",
        ),
        ("491234567890.0", "Phone must be a phone number without decimals (was '491234567890.0')"),
    ],
)
def test_a_phone_number_is_rejected_for_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InvalidCell) as wrong:
        Phone().checker("Phone")(text)
    assert str(wrong.value) == message


def test_one_of_a_few_names_is_matched_without_case() -> None:
    rule = OneOf(names=("Active", "Inactive"))
    check = rule.checker("Status")
    assert [check(text) for text in ("active", "INACTIVE", "Active")] == [
        "Active",
        "Inactive",
        "Active",
    ]
    with pytest.raises(InvalidCell, match=r"^Status must be Active or Inactive \(was 'aktiv'\)$"):
        check("aktiv")
    assert rule.in_words == "Active or Inactive, in upper or lower case"
    assert rule.remedy == "Enter Active or Inactive."
