"""A vendor requests categories, staff decide, the rows that waited arrive: seen by both."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import HANG, Visit, Visitor
from tests.browser.test_admin_pages import assert_accessible as assert_admin_accessible
from tests.browser.test_vendor_journey import assert_accessible, ended, upload
from tests.product_files import csv_bytes, good_row

PETS, PHONES, GIFTS = "Wanted Pets", "Wanted Fones", "Wanted Gifts"


def on_all_screens(page: Page, check: Callable[[Page], None] = assert_accessible) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    check(page)
    page.set_viewport_size({"width": 1280, "height": 844})
    page.emulate_media(color_scheme="light")
    check(page)


def about(page: Page, name: str) -> str:
    return page.locator(f'[data-cell="{name}"]').inner_text()


def open_request(staff: Visitor, name: str) -> Page:
    staff.go("/admin/imports/categoryrequest/")
    staff.page.locator("#result_list").get_by_role("link", name=name).click()
    expect(staff.page.locator("#decide-title")).to_be_visible()
    return staff.page


def test_from_the_request_to_the_imported_rows(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    categories = [PETS] * 3 + [PHONES] * 2 + [GIFTS]
    rows = [
        good_row(n, vendor_product_id=f"WANTED-{n}", sku=f"WANTED-{n}", category=category)
        for n, category in enumerate(categories)
    ]
    upload_id = upload(vendor, "WANTED.csv", csv_bytes(rows))
    ended(page)
    page.click("#fix")
    for name in (PETS, PHONES, GIFTS):
        page.locator(f'[data-cell="{name}"] [name=want]').click()
        expect(page.locator(f'[data-cell="{name}"]')).to_contain_text("waiting for review")
    on_all_screens(page)
    vendor.go("/")
    task = page.locator(f"[data-upload={upload_id}]").first
    expect(task).to_contain_text("6 rows wait for categories that you requested.")

    staff = visit()
    staff.log_in("admin", "/admin/login/")
    staff.go("/admin/imports/categoryrequest/")
    on_all_screens(staff.page, assert_admin_accessible)
    desk = open_request(staff, PETS)
    expect(desk.locator("#waiting-title")).to_have_text("3 rows waiting")
    on_all_screens(desk, assert_admin_accessible)
    desk.get_by_role("button", name="Approve category").click()
    expect(desk.locator("body")).to_contain_text(f"“{PETS}” is approved.")
    open_request(staff, PHONES).locator("#wanted-category").select_option("Mobile Phones")
    desk.get_by_role("button", name="Map to category").click()
    expect(desk.locator("body")).to_contain_text(f"“{PHONES}” is read as “Mobile Phones” from now")
    open_request(staff, GIFTS).locator("#wanted-note").fill("We sell none.")
    desk.get_by_role("button", name="Decline request").click()
    expect(desk.locator("body")).to_contain_text(f"“{GIFTS}” is declined.")
    on_all_screens(desk, assert_admin_accessible)
    desk.locator("#result_list").get_by_role("link", name=PETS).click()
    expect(desk.locator("body")).to_contain_text("Rows that waited")
    on_all_screens(desk, assert_admin_accessible)

    fix = f"/uploads/{upload_id}/fix/"
    vendor.go(fix)
    assert "Declined on" in about(page, GIFTS)
    assert "We sell none." in about(page, GIFTS)
    for _ in range(HANG):  # until the sweep has sent them
        if page.locator("[data-cell]").count() == 1:
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(page.locator("#requests-title + .wanted")).to_contain_text("Read as “Mobile Phones”")
    expect(page.locator("#fix-form")).to_contain_text("Approved on")
    on_all_screens(page)
    vendor.go(f"/uploads/{upload_id}/")
    expect(page.locator("#corrections")).to_contain_text("1 row still needs fixing.")
    for each in range(2):
        page.locator("#corrections a").nth(each).click()
        ended(page)
        page.go_back()
    page.reload()
    expect(page.locator("#headline")).to_have_text("5 of 6 products imported. 1 row needs fixing.")
    on_all_screens(page)

    vendor.go("/columns/")
    row = page.locator(f'[data-cell="{PHONES}"]')
    expect(row).to_contain_text("Mobile Phones")
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
