"""A vendor fills in what products lack, in a real browser."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_vendor_journey import assert_accessible, ended, upload
from tests.product_files import csv_bytes, good_row

TRIES = 100  # at a page: products are counted when the import has ended


def with_brand(visitor: Visitor, *, more_than: int = -1) -> int:
    """How many products have a brand, once these are more."""
    cell = visitor.page.locator("[data-column=brand] td").nth(1)
    for _ in range(TRIES):
        visitor.go("/products/quality/")
        if cell.count() and (found := int(cell.inner_text().replace(",", ""))) > more_than:
            return found
    raise AssertionError("the products were not counted again")


def test_the_file_to_fill_in_raises_the_score(visit: Visit) -> None:
    vendor = visit("vendor", viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = vendor.page
    keys = ("QUAL-1", "QUAL-2")
    rows = [good_row(n, vendor_product_id=key, sku=key) for n, key in enumerate(keys)]
    upload(vendor, "bare.csv", csv_bytes(rows))
    ended(page)
    before = with_brand(vendor)
    assert_accessible(page)
    with page.expect_download() as download:
        page.click("#raise .exports >> text=CSV")
    text = download.value.path().read_text("utf-8-sig")
    for key in keys:
        text = text.replace(f"{key},,", f"{key},Clicky,")
    upload(vendor, "filled in.csv", text.encode(), mode="update")
    ended(page)
    expect(page.locator("#upload")).to_have_attribute("data-status", "completed")
    assert with_brand(vendor, more_than=before) == before + len(keys)
    page.click("text=Home")
    expect(page.locator("[data-total=quality]")).to_be_visible()
