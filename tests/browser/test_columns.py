"""A price list that was not made for us, in a real browser: one page asks about its columns."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS, Visit, Visitor
from tests.browser.test_vendor_journey import assert_accessible, chosen, counts, ended

TITLE = "Preisliste November;;;;;\n"


def price_list(
    prefix: str, *, header: str = "Art.-Nr.;Titel;Kategorie;VK brutto;Menge;Farbe"
) -> bytes:
    rows = [
        f"{prefix}-1;Maus, schwarz;Audio;34,90 €;1.200;rot",
        f"{prefix}-2;Tastatur;Audio;1.249,00 €;4;blau",
        f"{prefix}-3;Kabel;Audio;gratis;4;blau",
    ]
    return "\n".join([TITLE + header, *rows]).encode("cp1252")


def send(visitor: Visitor, name: str, data: bytes) -> None:
    visitor.go("/uploads/new/")
    chosen(visitor.page, name, data)
    visitor.page.click("#send")


def asked(visitor: Visitor, prefix: str, **more: str) -> Page:
    send(visitor, f"{prefix}.csv", price_list(prefix, **more))
    visitor.page.wait_for_url("**/columns/")
    expect(visitor.page.locator("#columns-form")).to_be_visible()
    return visitor.page


def test_one_page_asks_and_the_next_file_is_not_asked_about(visit: Visit) -> None:
    vendor = visit("vendor")
    page = asked(vendor, "LISTE")
    page.select_option("#column-0", label="Vendor Product ID*")
    page.select_option("#take-sku", label="Art.-Nr.")
    page.select_option("#column-1", label="Product Name*")
    page.click("#import")  # too early
    expect(page.locator("#error-summary")).to_contain_text("Choose where Price comes from.")
    page.select_option("#column-3", label="Price*")
    page.select_option("#column-4", label="Stock Quantity*")
    page.click("#show")
    expect(page.locator("#read")).to_contain_text("1249.00")
    expect(page.locator("#read")).to_contain_text("(was 'gratis')")
    page.click("#import")
    ended(page)
    assert (counts(page)["valid"], counts(page)["error"]) == ("2", "1")
    expect(page.locator(".columns-read")).to_contain_text("VK brutto → Price")
    expect(page.locator("#header-row")).to_contain_text("In row 2")
    expect(page.locator("#ignored")).to_contain_text("Farbe")

    send(vendor, "december.csv", price_list("DEZEMBER"))
    page.wait_for_url("**/uploads/UPLOAD_*/")
    ended(page)
    assert (counts(page)["valid"], counts(page)["error"]) == ("2", "1")

    vendor.go("/columns/")
    expect(page.locator(".remembered")).to_contain_text("VK brutto")
    vendor.complaints = [line for line in vendor.complaints if "422" not in line]


def test_with_the_keyboard_alone_and_without_java_script(visit: Visit) -> None:
    vendor = visit("vendor", java_script_enabled=False)
    page = asked(vendor, "TASTEN", header="Nummer;Titel 2;Kategorie;Preis 2;Menge 2;Farbe 2")
    for field, words in {
        "take-sku": "Nummer",
        "column-0": "Vendor P",
        "column-1": "Product N",
        "column-3": "Price",
        "column-4": "Stock",
    }.items():
        page.locator(f"#{field}").focus()
        page.keyboard.type(words)
    page.locator("#import").focus()
    page.keyboard.press("Enter")
    ended(page)
    assert counts(page)["valid"] == "2"


@SCREENS
def test_the_pages_are_accessible(visit: Visit, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    vendor = visit("vendor", **options)
    prefix = f"AXE{width}{scheme}"
    page = asked(vendor, prefix, header=f"{prefix} A;B;C;D;E;F")
    assert_accessible(page)
    page.select_option("#column-3", label="Price*")
    page.click("#import")
    expect(page.locator("#error-summary")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    vendor.go("/columns/")
    assert_accessible(page)
    vendor.complaints = [line for line in vendor.complaints if "422" not in line]
