"""A day of a reviewer: products by a part of their name, a rejected row, the vendor it is from."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, follow
from tests.browser.test_admin_pages import assert_accessible as assert_admin_accessible
from tests.browser.test_vendor_journey import ended, upload
from tests.browser.test_wanted import on_all_screens
from tests.product_files import csv_bytes, good_row

NAME = "Deskday"


def test_a_reviewers_day(visit: Visit) -> None:
    vendor = visit("vendor")
    rows = [
        good_row(n, vendor_product_id=f"{NAME}-{n}", sku=f"{NAME}-{n}", product_name=f"{NAME} lamp")
        for n in range(31)
    ]
    rows[30]["price"] = "free"
    upload(vendor, f"{NAME}.csv", csv_bytes(rows))
    ended(vendor.page)

    staff = visit("staff")
    page = staff.page
    staff.go("/admin/catalog/product/")
    page.fill("#searchbar", "deskd lam")
    page.press("#searchbar", "Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(30)
    on_all_screens(page, assert_admin_accessible)
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("change_category_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#ob-bulk")).to_have_text("Change the category of 30 products?")
    on_all_screens(page, assert_admin_accessible)
    page.get_by_label("New category").select_option("Audio")
    page.locator("#ob-confirmed").click()
    expect(page.get_by_text("30 products changed.")).to_be_visible()
    expect(page.locator("#result_list td.field-category").first).to_have_text("Audio")

    follow(page.locator("#nav-sidebar a[href$='/admin/find/']"))
    on_all_screens(page, assert_admin_accessible)
    page.locator("#ob-searched").fill(f"{NAME.upper()}-30")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ob-rows li")).to_contain_text(f"Row 32 of {NAME}.csv")
    on_all_screens(page, assert_admin_accessible)
    page.locator("#ob-searched").fill(f"{NAME}-7")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ob-changes li").first).to_contain_text("→ Audio")
    on_all_screens(page, assert_admin_accessible)

    staff.go("/admin/vendors/vendor/")
    page.get_by_role("link", name="VEND001", exact=True).click()
    expect(page.locator("#ob-last-uploads")).to_be_visible()
    expect(page.get_by_role("link", name=f"{NAME}.csv").first).to_be_visible()
    on_all_screens(page, assert_admin_accessible)

    vendor.go("/products/")
    follow(vendor.page.get_by_role("link", name="Find a SKU or ID, also in rejected rows"))
    on_all_screens(vendor.page)
    vendor.page.get_by_label("SKU, product ID or upload ID, in full").fill(f"{NAME}-30")
    vendor.page.get_by_role("button", name="Search").click()
    row = vendor.page.get_by_role("link", name=f"Row 32 of {NAME}.csv")
    expect(row).to_be_visible()
    on_all_screens(vendor.page)
    row.click()
    expect(vendor.page.locator("#errors tbody th").first).to_have_text("32")
    vendor.go(f"/products/find/?q={NAME}-7")
    expect(vendor.page.locator("#found-changes li").first).to_contain_text("Category")
    on_all_screens(vendor.page)
    vendor.go(f"/products/find/?q={NAME}-404")
    expect(vendor.page.locator("[data-empty=nothing]")).to_be_visible()
    on_all_screens(vendor.page)
