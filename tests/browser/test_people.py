"""People: staff set a vendor up with one address, its owner imports a file and invites others, who
see what they may; one person works for two vendors."""

import re

from playwright.sync_api import expect

from tests.browser.accessibility import excess, violations
from tests.browser.conftest import Visit, Visitor, follow
from tests.faults.world import wait_until
from tests.mailbox import Message, messages_about
from tests.product_files import csv_bytes, good_row

PASSWORD = "paper and clips, 27 of them"


def assert_accessible(visitor: Visitor) -> None:
    """On a wide light screen and on a narrow dark one."""
    page = visitor.page
    for width, scheme in ((390, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert not violations(page), scheme
        assert excess(page) <= 0, page.url


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def link_to(visitor: Visitor, address: str, about: str) -> str:
    """The path of the link in the newest invitation for this address, once it has been sent."""

    def invitations() -> list[Message]:
        mails = messages_about(about, visitor.stack["aws_endpoint_url"])
        return [mail for mail in mails if mail.to == [address] and "/invitations/" in mail.text]

    newest = wait_until(f"an invitation for {address}", invitations)[-1]
    path = re.search(r"https?://[^/\s]+(/invitations/\S+)", newest.text)
    assert path
    return path[1]


def accept_as_new(visitor: Visitor, path: str, name: str) -> None:
    page = visitor.page
    visitor.go(path)
    assert_accessible(visitor)
    page.fill("#id_name", name)
    page.fill("#id_new_password1", "12345678")
    page.fill("#id_new_password2", "1234")
    press(visitor, "Accept and create account")
    errors = page.locator("#error-summary")
    for words in ("too common", "entirely numeric", "not the same"):
        expect(errors).to_contain_text(words)
    page.locator("#id_new_password1 + .show-password").click()
    page.fill("#id_new_password1", PASSWORD)
    assert page.get_attribute("#id_new_password1", "type") == "text"
    page.fill("#id_new_password2", PASSWORD)
    press(visitor, "Accept and create account")
    expect(page.locator(".note-success")).to_contain_text("Welcome to")


def set_up(admin: Visitor, vendor_id: str, name: str, address: str) -> str:
    """Staff's one form; returns the path of the link in the email."""
    admin.go("/admin/vendors/vendor/add/")
    admin.page.fill("#id_name", name)
    admin.page.fill("#id_vendor_id", vendor_id)
    admin.page.fill("#id_owner", address)
    admin.page.click("[name=_save]")
    expect(admin.page.locator("body")).to_contain_text(f"an invitation to {address}")
    return link_to(admin, address, name)


def invite(owner: Visitor, address: str, role: str) -> str:
    owner.go("/team/")
    owner.page.fill("#id_to", address)
    owner.page.check(f"#role-{role}")
    press(owner, "Send invitation")
    expect(owner.page.locator(f"[data-invitation='{address}']")).to_be_visible()
    return link_to(owner, address, "Paperclip Works")


def test_from_one_address_to_a_team_and_a_second_vendor(visit: Visit) -> None:
    admin = visit("admin")
    owner, uploader, viewer = visit(), visit(), visit()
    accept_as_new(
        owner, set_up(admin, "PEOPLE1", "Paperclip Works", "pia@paperclip.example"), "Pia Paper"
    )
    page = owner.page
    assert_accessible(owner)
    owner.go("/uploads/new/")
    row = good_row(1, vendor_product_id="PEOPLE-1", sku="PEOPLE-1")
    file = {"name": "first.csv", "mimeType": "text/csv", "buffer": csv_bytes([row])}
    page.set_input_files("#id_file", file)  # type: ignore[arg-type]
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    expect(page.locator("#upload[data-status=completed]")).to_be_visible()
    upload = page.url.removeprefix(owner.url)

    accept_as_new(uploader, invite(owner, "uri@paperclip.example", "uploader"), "Uri Upper")
    accept_as_new(viewer, invite(owner, "vera@paperclip.example", "viewer"), "Vera View")
    invite(owner, "open@paperclip.example", "viewer")
    assert_accessible(owner)
    for person, can in ((uploader, True), (viewer, False)):
        for path in ("/", upload, "/products/"):
            person.go(path)
            link = person.page.get_by_role("link", name="New upload")
            assert (link.count() > 0) == can
        person.go("/team/")
        assert person.page.locator("[data-member]").count() == 3
        assert person.page.locator("#id_to").count() == 0
        assert_accessible(person)

    for path in ("/account/", "/account/password/", "/account/tokens/", "/team/"):
        owner.go(path)
        assert_accessible(owner)
    follow(page.locator("[data-member='vera@paperclip.example'] a"))
    assert_accessible(owner)
    follow(page.get_by_role("link", name="Remove from the team"))
    assert_accessible(owner)
    press(owner, "Remove")
    expect(page.locator("[data-member]")).to_have_count(2)
    viewer.go(upload)
    expect(viewer.page.locator("h1")).to_contain_text("Page not found")

    # The same person, for a second company; a form that is open for the first one.
    path = set_up(admin, "PEOPLE2", "Stapler Sons", "pia@paperclip.example")
    owner.go("/account/")
    page.select_option("#id_time_zone", "Asia/Tokyo")
    press(owner, "Save changes")
    expect(page.locator(".foot")).to_contain_text("Asia/Tokyo")
    owner.go(path)
    assert_accessible(owner)
    press(owner, "Accept invitation")
    expect(page.locator(".switch summary")).to_contain_text("Stapler Sons")
    owner.go("/account/tokens/")
    page.fill("#id_name", "for Stapler")
    second = page.context.new_page()
    second.goto(owner.url + "/")
    second.locator(".switch summary").click()
    second.get_by_role("button", name="Switch to Paperclip Works").click()
    expect(second.locator(".switch summary")).to_contain_text("Paperclip Works")
    press(owner, "Create token")
    expect(page.locator("#other-vendor")).to_contain_text("Nothing was sent")
    assert_accessible(owner)
    press(owner, "Switch to Stapler Sons")
    expect(page.locator("h1")).to_contain_text("API tokens")
    page.locator(".switch summary").click()
    assert_accessible(owner)

    # An inactive vendor.
    admin.go("/admin/vendors/vendor/PEOPLE2/change/")
    expect(admin.page.locator("#what-follows")).to_contain_text("1 member sees a notice")
    admin.page.uncheck("#id_is_active")
    admin.page.check("#id_sure")
    admin.page.click("[name=_save]")
    owner.go("/uploads/")
    expect(page.locator("#inactive-vendor")).to_contain_text("was deactivated on")
    assert_accessible(owner)
    for visitor in (owner, uploader, viewer):  # the browser notes 404, 409 and 422
        visitor.complaints[:] = [each for each in visitor.complaints if "status of 4" not in each]
