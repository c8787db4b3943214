"""The pages of help: short on a phone, and a link to a code opens what is folded around it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

PHONE = {"width": 390, "height": 800}
FOLDED = (
    ("/help/products/", "INVALID_PRICE"),
    ("/help/products/", "MALFORMED_CSV"),  # in a folded section
    ("/help/troubleshooting/", "held"),
    ("/help/api/", "NO_TOKEN"),
    ("/help/webhooks/", "upload.held"),
)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(("path", "place"), FOLDED)
def test_a_link_opens_what_it_leads_to(visit: Visit, path: str, place: str, script: bool) -> None:
    phone = visit(viewport=PHONE, java_script_enabled=script)
    phone.go(path)
    found = phone.page.locator(f'[id="{place}"]')
    expect(found).to_be_hidden()
    phone.go("/login/")
    phone.go(f"{path}#{place}")
    expect(found).to_be_visible()
    expect(phone.page.locator("details", has=found).last.locator("> summary")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("path", "most"), [("/help/products/", 8_000), ("/help/troubleshooting/", 2_500)]
)
def test_help_is_not_endless_on_a_phone(visit: Visit, path: str, most: int) -> None:
    phone = visit(viewport=PHONE)
    phone.go(path)
    assert phone.page.evaluate("document.documentElement.scrollHeight") < most
    assert phone.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
