"""A vendor corrects rejected rows: by value, by the keyboard, without JavaScript, cell by cell."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENS, Visit, Visitor
from tests.browser.test_vendor_journey import assert_accessible, counts, ended, upload
from tests.mailbox import messages_about
from tests.product_files import csv_bytes, good_row

WRONG = "Garden and Outdoor"


def a_file(prefix: str, rows: int = 500, wrong: int = 312, **cells: str) -> bytes:
    """The last rows have one wrong category."""
    return csv_bytes(
        [
            good_row(
                n,
                vendor_product_id=f"{prefix}-{n}",
                sku=f"{prefix}-{n}",
                category=WRONG if n > rows - wrong else "Books",
                **cells,
            )
            for n in range(1, rows + 1)
        ]
    )


def link_in_mail(vendor: Visitor, upload_id: str) -> str:
    """The address that the email gives for fixing rows."""
    expect(vendor.page.locator("#mail[data-state=sent]")).to_be_visible()
    (mail,) = messages_about(upload_id, vendor.stack["aws_endpoint_url"])
    found = re.search(r"Fix rejected rows: (\S+)", mail.text)
    assert found is not None, mail.text
    return found[1]


def test_two_clicks_from_the_email_to_all_rows(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    upload_id = upload(vendor, "SPRING.csv", a_file("SPRING"))
    ended(page)
    assert (counts(page)["valid"], counts(page)["error"]) == ("188", "312")

    page.goto(link_in_mail(vendor, upload_id))  # the first click
    chosen = page.locator(f'[data-cell="{WRONG}"] select')
    expect(chosen).to_have_value("Garden & Outdoor")
    page.click("#send")  # the second
    ended(page)
    expect(page.locator("#headline")).to_contain_text("500 of 500 products of “SPRING.csv”")

    page.locator("#corrects a").click()
    expect(page.locator("#headline")).to_contain_text("500 of 500 products imported")
    expect(page.locator("#corrections")).to_contain_text("No rows are left to fix.")
    assert_accessible(page)

    # The next file with this value needs no one.
    upload(vendor, "SUMMER.csv", a_file("SUMMER", 20, 10))
    ended(page)
    assert counts(page)["valid"] == "20"
    expect(page.locator("#notices")).to_contain_text("as you asked us to")
    vendor.go("/columns/")
    row = page.locator(f'[data-cell="{WRONG}"]')
    expect(row).to_contain_text("Garden & Outdoor")
    row.get_by_role("button").click()
    expect(page.locator(f'[data-cell="{WRONG}"]')).to_have_count(0)


def test_with_the_keyboard_alone_and_without_java_script(visit: Visit) -> None:
    vendor = visit("vendor", java_script_enabled=False)
    page = vendor.page
    upload(vendor, "NOSCRIPT.csv", a_file("NOSCRIPT", 10, 4))
    ended(page)
    page.locator("#fix").focus()
    page.keyboard.press("Enter")
    page.locator(f'[data-cell="{WRONG}"] select').focus()
    page.keyboard.type("Boo")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # is not remembered
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "send":
            break
    page.keyboard.press("Enter")
    ended(page)
    assert counts(page)["valid"] == "4"
    vendor.go("/columns/")
    expect(page.locator(f'[data-cell="{WRONG}"]')).to_have_count(0)


@SCREENS
def test_cell_by_cell(visit: Visit, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    vendor = visit("vendor", **options)
    page = vendor.page
    name = f"CELL{width}{scheme}"
    rows = [
        good_row(n, vendor_product_id=f"{name}-{n}", sku=f"{name}-{n}", price=price)
        for n, price in enumerate(["1.00", "one", "two", "on request", "on request"])
    ]
    upload(vendor, f"{name}.csv", csv_bytes(rows))
    ended(page)
    page.click("#fix")
    expect(page.locator("#fix-form")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.fill('[data-cell="on request"] [name=to]', "-1")
    page.click("#send")
    expect(page.locator("#error-summary")).to_contain_text("Price must be")
    assert_accessible(page)
    page.fill('[data-cell="on request"] [name=to]', "5.00")
    price_of(page, 3).fill("2.00")
    page.get_by_role("button", name="Edit all cells of row 4").click()
    page.get_by_label("Product Name").fill("Renamed")
    page.get_by_label("Price").fill("3.00")
    assert_accessible(page)
    page.get_by_role("button", name="Save and go back").click()
    expect(price_of(page, 3)).to_have_value("2.00")
    page.click("#send")
    ended(page)
    assert counts(page)["valid"] == "4"
    vendor.complaints = [line for line in vendor.complaints if "422" not in line]


def test_a_block_from_a_spreadsheet_is_pasted(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    rows = [
        good_row(n, vendor_product_id=f"PASTE-{n}", sku=f"PASTE-{n}", price=f"x{n}")
        for n in range(1, 5)
    ]
    upload(vendor, "PASTE.csv", csv_bytes(rows))
    ended(page)
    page.click("#fix")
    price_of(page, 3).focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "2.00\\r\\n3.00\\r\\n4.00\\r\\n5.00\\r\\n");
            const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
            document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(page.locator("#pasted")).to_have_text(
        "3 of 4 cells pasted. There is no field here for the others."
    )
    expect(price_of(page, 2)).to_have_value("x1")
    expect(price_of(page, 5)).to_have_value("4.00")


def price_of(page: Page, row: int) -> Locator:
    return page.locator(f'[data-row="{row}"]').get_by_label("Price")
