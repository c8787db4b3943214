"""Held uploads: a vendor releases one by typing a number, two of staff release another one, and
reject a third."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_admin_pages import assert_accessible as assert_admin_accessible
from tests.browser.test_vendor_journey import upload
from tests.browser.test_wanted import on_all_screens
from tests.product_files import csv_bytes, good_row


def rows(prefix: str, count: int, *, times: int = 1) -> bytes:
    return csv_bytes(
        [
            good_row(
                n,
                vendor_product_id=f"{prefix}-{n}",
                sku=f"{prefix}-{n}",
                price=str(times * Decimal(f"{12 + n}.50")),
            )
            for n in range(count)
        ]
    )


def has_status(page: Page, status: str) -> None:
    expect(
        page.locator(f"#upload[data-status={status}][data-over=yes]:not([hx-get])")
    ).to_be_visible()


def test_a_vendor_releases_it_by_typing_the_number(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    upload(vendor, "HOLDS.csv", rows("HOLDS", 12))
    has_status(page, "completed")
    held = upload(vendor, "HOLDS.csv", rows("HOLDS", 12, times=100), "update")
    has_status(page, "held")
    expect(page.locator("[data-code=DECIMAL_SHIFT]")).to_contain_text("typically 100 times")
    on_all_screens(page)
    vendor.go("/")
    page.locator(f"[data-upload={held}]").get_by_role("link", name="Review and release").click()
    page.fill("#count", "11")
    page.press("#count", "Enter")
    expect(page.locator(".note-error").first).to_contain_text("Enter the number 12")
    page.fill("#count", "12")
    page.click("#release")
    has_status(page, "completed")
    expect(page.locator("#headline")).to_have_text("All 12 products updated.")


def choose_review(admin: Visitor, vendor_id: str, review: str) -> None:
    admin.go(f"/admin/vendors/vendor/{vendor_id}/change/")
    admin.page.locator("#id_review").select_option(label=review)
    admin.page.click("[name=_save]")
    expect(admin.page.locator("body")).to_contain_text("was changed successfully")


def open_held(staff: Visitor, name: str) -> Page:
    staff.go("/admin/imports/heldupload/")
    staff.page.locator("#result_list").get_by_role("link", name=name).click()
    expect(staff.page.locator("#held-decide")).to_be_visible()
    return staff.page


def test_two_people_review_it(visit: Visit) -> None:
    admin, reviewer = visit(), visit()
    admin.log_in("admin", "/admin/login/")
    reviewer.log_in("staff", "/admin/login/")
    choose_review(admin, "VEND001", "Every upload, by two people")
    on_all_screens(admin.page, assert_admin_accessible)
    vendor = visit("vendor")
    upload(vendor, "HOLDS-TWO.csv", rows("HOLDS-TWO", 3))
    has_status(vendor.page, "held")
    expect(vendor.page.locator("#held-who")).to_contain_text("Two people of our staff")
    expect(vendor.page.locator("#count")).to_have_count(0)
    on_all_screens(vendor.page)
    address = vendor.page.url

    reviewer.go("/admin/imports/heldupload/")
    on_all_screens(reviewer.page, assert_admin_accessible)
    desk = open_held(reviewer, "HOLDS-TWO.csv")
    expect(desk.locator("#sampled li")).to_have_count(3)
    on_all_screens(desk, assert_admin_accessible)
    desk.click("#release")
    expect(desk.locator("body")).to_contain_text("Another person must release it, too.")
    expect(open_held(reviewer, "HOLDS-TWO.csv").locator("#why-not")).to_contain_text(
        "You have released it already."
    )
    open_held(admin, "HOLDS-TWO.csv").click("#release")
    expect(admin.page.locator("body")).to_contain_text("Released.")
    vendor.page.goto(address)
    has_status(vendor.page, "completed")

    upload(vendor, "HOLDS-NO.csv", rows("HOLDS-NO", 2))
    has_status(vendor.page, "held")
    address = vendor.page.url
    desk = open_held(reviewer, "HOLDS-NO.csv")
    desk.fill("#reason", "These are not yours to sell.")
    desk.click("#reject")
    expect(desk.locator("body")).to_contain_text("Rejected.")
    vendor.page.goto(address)
    expect(vendor.page.locator("#refusal")).to_contain_text("These are not yours to sell.")
    on_all_screens(vendor.page)
    choose_review(admin, "VEND001", "None")
