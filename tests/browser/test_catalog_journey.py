"""A vendor's way around their catalog: see it, export it, change it, check, import, undo."""

import csv
import io

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_vendor_journey import assert_accessible, ended, upload
from tests.product_files import csv_bytes, good_row

NAME = "CATALOG"


def products(count: int) -> bytes:
    return csv_bytes(
        [
            good_row(
                n,
                vendor_product_id=f"{NAME}-{n}",
                sku=f"{NAME}-{n}",
                product_name=f"{NAME} {n}",
                price="10.00",
            )
            for n in range(count)
        ]
    )


def exported(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))


def test_from_an_import_to_its_undo(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    name = NAME
    upload(vendor, f"{name}.csv", products(5))
    ended(page)

    # See the products that it created, and export them.
    page.click("#products")
    expect(page.get_by_role("link", name=f"{name} 0", exact=True)).to_be_visible()
    rows = exported(page)
    assert len(rows) == 5

    # Change three prices in the export. Check it: only these would change.
    for row, price in zip(rows, ("11.00", "12.00", "30.00"), strict=False):
        row["Price*"] = price
    vendor.go("/uploads/new/")
    body = csv_bytes(rows)
    page.set_input_files(
        "#id_file", {"name": f"{name} new.csv", "mimeType": "text/csv", "buffer": body}
    )
    page.check("#mode-update")
    page.check("#mode-check")
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    ended(page)
    expect(page.locator("#headline")).to_contain_text("3 changed, 2 unchanged")
    expect(page.locator("#planned")).to_contain_text("Price in 3 products")
    expect(page.locator("#moves")).to_contain_text("+200%")
    assert_accessible(page)

    # Import it, without another upload.
    page.click("#import")
    expect(page.locator("#headline")).to_contain_text("3 of 5 products imported")
    ended(page)
    checked = page.url

    # See who changed what.
    page.click("#products")
    page.get_by_role("link", name=f"{name} 4", exact=True).click()
    change = page.locator("[data-change]").first
    expect(change).to_contain_text("10.00")
    expect(change).to_contain_text(f"{name} new.csv")

    # Undo it.
    page.goto(checked)
    page.click("#undo")
    expect(page.locator("#to-restore")).to_contain_text("The 3 products that it changed")
    assert_accessible(page)
    page.click("#undo-confirmed")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    ended(page)
    expect(page.locator("#headline")).to_contain_text("Undone. 3 restored.")
    assert_accessible(page)
    vendor.go(f"/products/?q={name}")
    assert {row["Price*"] for row in exported(page)} == {"10.00"}
    page.goto(checked)
    expect(page.locator("#undone")).to_contain_text("This upload was undone")
    expect(page.locator("#undo")).to_have_count(0)


def test_a_replacement_that_lacks_most_products_is_held_and_canceled(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    vendor.go("/uploads/new/")
    expect(page.locator("#mode-replace")).to_be_visible()
    upload(vendor, "one-product.csv", products(1), mode="replace")
    expect(page.locator("#held")).to_contain_text("active products are not in the file")
    expect(page.locator("#held")).to_contain_text("upload the file with Update")
    page.click("#cancel")
    page.click("#cancel-confirmed")
    expect(page.locator("#upload[data-status=cancelled]")).to_be_visible()
