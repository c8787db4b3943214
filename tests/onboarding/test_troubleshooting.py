"""The page of questions says what the code does: codes, remedies and numbers come from it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from onboarding.answers import sent_by_vendors
from onboarding.help import error_codes, refusals
from onboarding.troubleshooting import TROUBLES
from tests.onboarding.conftest import text_of

ADDRESS = "/help/troubleshooting/"


@pytest.fixture
def page(db: None) -> str:
    return text_of(Client().get(ADDRESS))


def test_every_code_is_under_one_question_but_those_that_explain_themselves() -> None:
    asked = [code for trouble in TROUBLES for code in trouble.codes]
    rows = {entry.code for entry in error_codes(sent_by_vendors())}
    plain = {"REQUIRED_FIELD", "FIELD_TOO_LONG", "INVALID_VALUE"}
    files = {refusal.code for refusal, _ in refusals(sent_by_vendors())}
    assert sorted(asked) == sorted(rows - plain | files)


def test_codes_are_told_with_their_declared_remedies_and_lead_to_the_help_page(page: str) -> None:
    for refusal, _ in refusals(sent_by_vendors()):
        assert f'href="/help/products/#{refusal.code}"' in page
        assert escape(refusal.title) in page
    assert "Renaming a file does not convert it." in page
    assert "{" not in page


def test_each_question_has_an_address_of_its_own(page: str) -> None:
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for trouble in TROUBLES:
        assert f'href="#{trouble.key}"' in page
        assert trouble.key in ids


def test_numbers_are_those_of_this_deployment(db: None, settings: Any) -> None:
    settings.REPORT_LINK_DAYS = 11
    settings.SOURCE_KEPT_HOURS = 36
    settings.EVENT_GRACE_SECONDS = 600.0
    settings.MISSING_EVENTS_EVERY_SECONDS = 3600
    page = text_of(Client().get(ADDRESS))
    assert "It is good for 11 days." in page
    assert "which is 36 hours" in page
    assert "after 70 minutes at the latest" in page
    assert "may have 10 MB and 10,000 rows" in page


@pytest.mark.parametrize("address", ["/login/", "/help/products/", "/reports/x.y.z/"])
def test_pages_on_which_people_are_stuck_lead_there(db: None, address: str) -> None:
    assert f'href="{ADDRESS}"' in text_of(Client().get(address))
