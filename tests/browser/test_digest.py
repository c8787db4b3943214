"""One email a day: chosen on the account page, named on an upload's page, read the next morning."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor, printed_in
from tests.browser.test_people import assert_accessible, press
from tests.browser.test_vendor_journey import a_file, ended, upload
from tests.faults.world import wait_until
from tests.mailbox import Message, messages_about


def choose(visitor: Visitor, emails: str) -> None:
    visitor.go("/account/")
    visitor.page.check(f"#emails-{emails}")
    press(visitor, "Save changes")
    expect(visitor.page.locator(".note-success")).to_be_visible()


@pytest.fixture
def reader(visit: Visit) -> Iterator[Visitor]:
    """A vendor's member who reads one email a day."""
    visitor = visit("vendor")
    choose(visitor, "digest")
    yield visitor
    choose(visitor, "all")


def the_mail_about(upload_id: str, visitor: Visitor) -> Message:
    mails: list[Message] = wait_until(
        f"an email about {upload_id}",
        lambda: messages_about(upload_id, visitor.stack["aws_endpoint_url"]),
    )
    [mail] = mails
    return mail


def test_an_upload_is_in_the_email_of_the_next_day(reader: Visitor) -> None:
    first = upload(reader, "monday morning.csv", a_file("DIGEST1"))
    ended(reader.page)
    expect(reader.page.locator("#mail")).to_contain_text("In your daily email")
    assert_accessible(reader)
    second = upload(reader, "monday check.csv", a_file("DIGEST2"), "check")
    ended(reader.page)
    assert not messages_about(first, reader.stack["aws_endpoint_url"])

    assert printed_in(reader.stack, "tests.browser.next_day").strip() == "1"
    mail = the_mail_about(first, reader)
    assert mail == the_mail_about(second, reader)
    assert "monday morning.csv: Partially imported, 1 imported, 2 rejected" in mail.text
    assert "monday check.csv" in mail.text
    assert f"/uploads/{first}/" in mail.html
    reader.go(f"/uploads/{first}/")
    expect(reader.page.locator("h1")).to_have_text("monday morning.csv")
