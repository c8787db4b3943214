"""Files of other programs, in a real browser: a workbook, and letters that are asked about."""

from io import BytesIO

from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS, Visit, Visitor
from tests.browser.test_columns import send
from tests.browser.test_vendor_journey import assert_accessible, counts, ended

HEADER = ("Vendor Product ID", "Product Name", "Category", "SKU", "Price", "Stock Quantity")


def workbook(prefix: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.title = "Products"
    sheet.append(["Our prices"])
    sheet.append(HEADER)
    sheet.append([f"{prefix}-1", "Mouse", "Audio", f"{prefix}-1", 12.5, 4])
    sheet.append([f"{prefix}-2", "Keyboard", "Audio", f"{prefix}-2", "=1/0", 4])
    book.create_sheet("Notes").append(["Nothing to import"])
    return saved(book)


def saved(book: Workbook) -> bytes:
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def result_of(visitor: Visitor, name: str, data: bytes) -> Page:
    send(visitor, name, data)
    visitor.page.wait_for_url("**/uploads/UPLOAD_*/")
    ended(visitor.page)
    return visitor.page


def polish(prefix: str, color: str) -> bytes:
    names = ("Żółw ogrodowy", "Łóżko i gęś", "Źdźbło trawy")
    rows = (f"{prefix}-{n},{name},Audio,{prefix}-{n},1,1," for n, name in enumerate(names))
    # A column of its own: what is said about a file's letters counts for files with its header.
    return "\n".join([",".join((*HEADER, color)), *rows]).encode("cp1250")


def asked_for_letters(visitor: Visitor, data: bytes) -> Page:
    send(visitor, "letters.csv", data)
    visitor.page.wait_for_url("**/columns/")
    expect(visitor.page.locator("#readings")).to_be_visible()
    return visitor.page


def damaged(prefix: str) -> bytes:
    row = f"{prefix}-M,KopfhÃ¶rer fÃ¼r TrÃ¤umer,Audio,{prefix}-M,1,1"
    return f"{','.join(HEADER)}\n{row}\n".encode()


def test_a_workbook_gets_in_and_its_rows_to_fix_come_back_as_one(visit: Visit) -> None:
    vendor = visit("vendor")
    page = result_of(vendor, "prices.xlsx", workbook("BOOK"))
    assert (counts(page)["valid"], counts(page)["error"]) == ("1", "1")
    expect(page.locator("#sheet")).to_contain_text("Products")
    expect(page.locator("#sheet")).to_contain_text("Not read: “Notes”.")
    expect(page.locator("#errors")).to_contain_text("a formula without its result")

    with page.expect_download() as download:
        page.click("#correct-workbook")
    assert download.value.suggested_filename.endswith(".xlsx")
    book = load_workbook(BytesIO(download.value.path().read_bytes()))
    sheet = book.active
    assert sheet
    columns = {cell.value: cell.column for cell in sheet[1]}
    assert [row[columns["Vendor Product ID"] - 1].value for row in sheet.iter_rows(2)] == ["BOOK-2"]
    sheet.cell(2, columns["Price"]).value = 7

    page = result_of(vendor, "fixed.xlsx", saved(book))
    assert (counts(page)["valid"], counts(page)["error"]) == ("1", "0")


def test_the_letters_of_a_file_are_asked_about_once(visit: Visit) -> None:
    vendor = visit("vendor", java_script_enabled=False)
    page = asked_for_letters(vendor, polish("LETTERS", "Kolor"))
    right = page.locator(".mode", has_text="Źdźbło trawy").locator("input")
    right.focus()
    page.keyboard.press("Space")
    page.locator("#import").focus()
    page.keyboard.press("Enter")
    ended(page)
    assert counts(page)["valid"] == "3"

    page = result_of(vendor, "more letters.csv", polish("MORE", "Kolor"))
    assert counts(page)["valid"] == "3"


@SCREENS
def test_the_pages_are_accessible(visit: Visit, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    vendor = visit("vendor", **options)
    prefix = f"FOREIGN{width}{scheme}"
    assert_accessible(result_of(vendor, "prices.xlsx", workbook(prefix)))
    assert_accessible(result_of(vendor, "warned.csv", damaged(prefix)))
    expect(vendor.page.locator("#warnings")).to_contain_text("letters look wrong")
    assert_accessible(asked_for_letters(vendor, polish(prefix, prefix)))
