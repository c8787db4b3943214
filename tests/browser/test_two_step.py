"""Two-step login with an authenticator app and recovery codes, and logins with a passkey, which
Chromium keeps in a device of its own."""

from pathlib import Path

from playwright.sync_api import expect

from tests.authenticator import code_of, step_now
from tests.browser.conftest import Visit, Visitor, follow
from tests.browser.test_people import assert_accessible, press

NAME, PASSWORD = "twostep-tess", "staplers in the rain, 12 of them"


def new_user(admin: Visitor) -> None:
    admin.go("/admin/auth/user/add/")
    admin.page.fill("#id_username", NAME)
    admin.page.fill("#id_password1", PASSWORD)
    admin.page.fill("#id_password2", PASSWORD)
    admin.page.click("[name=_save]")
    expect(admin.page.locator("body")).to_contain_text("Second factors")


def submit(visitor: Visitor, name: str) -> None:
    """Press a button that leads to another page, and wait for that page."""
    with visitor.page.expect_navigation():
        press(visitor, name)


def enter_password(visitor: Visitor, page: str = "/login/") -> None:
    visitor.go(page)
    if page == "/login/":
        visitor.page.fill("#id_username", NAME)
    visitor.page.fill("#id_password", PASSWORD)
    with visitor.page.expect_navigation():
        visitor.page.press("#id_password", "Enter")


def log_out(visitor: Visitor) -> None:
    press(visitor, "Log out")
    expect(visitor.page.locator("h1")).to_have_text("Log in")


def enter_code(visitor: Visitor, code: str) -> None:
    visitor.page.fill("#id_code", code)
    submit(visitor, "Log in")


def at_home(visitor: Visitor) -> None:
    expect(visitor.page.locator(".who")).to_contain_text(NAME)


def test_an_app_then_a_recovery_code_then_a_passkey(visit: Visit, tmp_path: Path) -> None:
    new_user(visit("admin"))
    tess = visit()
    page = tess.page
    tess.url = tess.url.replace("127.0.0.1", "localhost")  # passkeys belong to names
    enter_password(tess)
    at_home(tess)
    tess.go("/account/security/")
    assert_accessible(tess)
    follow(tess.page.get_by_role("link", name="Set up app"))
    assert_accessible(tess)
    page.fill("#id_password", PASSWORD)
    submit(tess, "Confirm")
    image = page.locator("img.qr")
    assert image.evaluate("image => image.naturalWidth > 0")
    key = page.locator("#key").inner_text()
    assert_accessible(tess)
    step = step_now()
    page.fill("#id_code", code_of(key, step))
    submit(tess, "Add app")
    codes = page.locator("#codes li").all_inner_texts()
    assert_accessible(tess)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download codes").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text().split() == codes

    log_out(tess)
    enter_password(tess)
    assert_accessible(tess)
    enter_code(tess, "000000")
    expect(page.locator("#error-summary")).to_contain_text("not correct")
    enter_code(tess, code_of(key, step + 1))  # of a clock that is half a minute fast
    at_home(tess)
    log_out(tess)
    enter_password(tess)
    enter_code(tess, codes[0])
    at_home(tess)

    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    authenticator = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    tess.go("/account/security/")
    follow(tess.page.get_by_role("link", name="Add passkey"))
    page.fill("#id_password", PASSWORD)
    submit(tess, "Confirm")
    page.fill("#id_name", "Tess’s laptop")
    assert_accessible(tess)
    press(tess, "Add passkey")
    row = page.locator("[data-passkey='Tess’s laptop']")
    expect(row).to_contain_text("never")
    follow(row.get_by_role("link", name="Rename"))
    assert_accessible(tess)
    page.fill("#id_name", "Old laptop")
    submit(tess, "Save name")
    assert_accessible(tess)

    # Alone, then after the password, then with a finger that the device does not know.
    log_out(tess)
    assert_accessible(tess)
    press(tess, "Log in with a passkey")
    at_home(tess)
    log_out(tess)
    enter_password(tess)
    assert_accessible(tess)
    press(tess, "Use a passkey")
    at_home(tess)
    log_out(tess)
    stranger = {"authenticatorId": authenticator["authenticatorId"], "isUserVerified": False}
    cdp.send("WebAuthn.setUserVerified", stranger)
    press(tess, "Log in with a passkey")
    expect(page.locator("#passkey-failed")).to_be_visible()
    assert_accessible(tess)
    cdp.send("WebAuthn.setUserVerified", {**stranger, "isUserVerified": True})
    press(tess, "Log in with a passkey")
    at_home(tess)

    tess.go("/account/security/")
    follow(tess.page.get_by_role("link", name="Remove Old laptop"))
    page.fill("#id_password", PASSWORD)
    submit(tess, "Confirm")
    assert_accessible(tess)
    submit(tess, "Remove")
    expect(page.locator("[data-passkey]")).to_have_count(0)
    log_out(tess)
    press(tess, "Log in with a passkey")
    expect(page.locator("#error-summary")).to_contain_text("We don’t know this passkey")
    assert_accessible(tess)
    tess.complaints.clear()  # the browser reports each answer of 422
