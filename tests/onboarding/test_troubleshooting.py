"""The answers say what the code does: codes, remedies and numbers come from it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from onboarding.help.help import file_error_codes, row_error_codes
from onboarding.help.troubleshooting import QUESTIONS, vendors_dataset
from tests.onboarding.conftest import text_of

ADDRESS = "/help/troubleshooting/"


@pytest.fixture
def page(db: None) -> str:
    return text_of(Client().get(ADDRESS))


def test_every_code_is_under_one_question_but_those_that_explain_themselves() -> None:
    asked = [code for question in QUESTIONS for code in question.codes]
    rows = {error.code for error in row_error_codes(vendors_dataset())}
    plain = {"REQUIRED_FIELD", "FIELD_TOO_LONG", "INVALID_VALUE"}
    files = {error.code for error in file_error_codes(vendors_dataset())}
    assert sorted(asked) == sorted(rows - plain | files)


def test_codes_are_explained_by_their_declared_remedies_and_link_to_the_help_page(
    page: str,
) -> None:
    for error in file_error_codes(vendors_dataset()):
        assert f'href="/help/products/#{error.code}"' in page
        assert escape(str(error.title)) in page
    assert "Renaming a file does not convert it." in page
    assert "{" not in page


def test_each_question_has_an_address_of_its_own(page: str) -> None:
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for question in QUESTIONS:
        assert f'href="#{question.key}"' in page
        assert question.key in ids


def test_numbers_are_those_of_this_deployment(db: None, settings: Any) -> None:
    settings.REPORT_LINK_DAYS = 11
    settings.SOURCE_KEPT_HOURS = 36
    settings.EVENT_GRACE_SECONDS = 600.0
    settings.MISSING_EVENTS_EVERY_SECONDS = 3600
    page = text_of(Client().get(ADDRESS))
    assert "It is valid for 11 days." in page
    assert "while we keep it, for 36 hours" in page
    assert "within seconds, 70 minutes at most" in page
    assert "can have up to 10 MB and 10,000 rows" in page


@pytest.mark.parametrize("address", ["/login/", "/help/products/", "/reports/x.y.z/"])
def test_pages_on_which_people_get_stuck_link_there(db: None, address: str) -> None:
    assert f'href="{ADDRESS}"' in text_of(Client().get(address))
