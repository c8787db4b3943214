"""A vendor adds a webhook, watches a ping arrive, replaces its secret and switches it off."""

import pytest
from playwright.sync_api import expect
from standardwebhooks import WebhookVerificationError

from tests.browser.conftest import Visit, Visitor, follow
from tests.browser.test_vendor_journey import assert_accessible
from tests.imports.webhooks.receiver import receiving


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_webhook_from_its_first_ping_to_its_end(visit: Visit, width: int, scheme: str) -> None:
    vendor = visit("vendor", viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = vendor.page
    pings = page.locator("tr[data-delivery=ping]")
    stranger = visit(viewport={"width": width, "height": 844}, color_scheme=scheme)
    stranger.go("/help/webhooks/")
    assert_accessible(stranger.page)
    with receiving() as receiver:
        vendor.go("/account/webhooks/")
        page.fill("#id_url", receiver.url)
        assert_accessible(page)
        press(vendor, "Add webhook")
        secret = str(page.text_content("#new-secret code"))
        expect(pings).to_have_attribute("data-state", "delivered")  # without reloading
        assert receiver.heard[0].verified(secret)["type"] == "ping"
        expect(page.locator("#live[hx-get]")).to_have_count(0)  # it no longer polls
        page.locator("details summary").click()
        assert receiver.heard[0].message_id in page.inner_text("details")
        assert_accessible(page)

        follow(page.get_by_role("link", name="Replace secret"))
        assert_accessible(page)
        press(vendor, "Replace secret")
        new = str(page.text_content("#new-secret code"))
        receiver.answers(500)
        press(vendor, "Send a ping")
        expect(pings.first).to_have_attribute("data-state", "failed")
        expect(page.locator("#webhook-state")).to_contain_text("Failing")
        assert page.locator("#new-secret").count() == 0
        for each in (secret, new):
            assert receiver.heard[1].verified(each)["type"] == "ping"
        with pytest.raises(WebhookVerificationError):
            receiver.heard[0].verified(new)
        receiver.answers(204)
        pings.first.get_by_role("button", name="Send again").click()
        expect(pings.first).to_have_attribute("data-state", "delivered")
        assert receiver.heard[2].message_id == receiver.heard[1].message_id
        follow(page.get_by_role("link", name="Not delivered"))
        assert "No delivery is in this state" in page.inner_text("#live")

        press(vendor, "Switch off")
        expect(page.locator("#webhook-state")).to_have_attribute("data-state", "by_person")
        assert_accessible(page)
        assert page.get_by_role("button", name="Send a ping").count() == 0
    follow(page.get_by_role("link", name="Delete"))
    assert_accessible(page)
    press(vendor, "Delete webhook")
    assert receiver.url not in page.content()
