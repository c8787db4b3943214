"""A vendor's whole way, in a real browser on the running system."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.accessibility import excess, violations
from tests.browser.conftest import SCREENS, Visit, Visitor
from tests.product_files import csv_bytes, good_row


def chosen(page: Page, name: str, data: bytes) -> None:
    page.set_input_files("#id_file", {"name": name, "mimeType": "text/csv", "buffer": data})


def upload(visitor: Visitor, name: str, data: bytes, mode: str = "create") -> str:
    """Upload through the form; returns the upload's id."""
    visitor.go("/uploads/new/")
    chosen(visitor.page, name, data)
    visitor.page.check(f"#mode-{mode}")
    visitor.page.click("#send")
    visitor.page.wait_for_url("**/uploads/UPLOAD_*/")
    return visitor.page.url.rstrip("/").rpartition("/")[2]


def ended(page: Page) -> None:
    """Wait for the result, and for its email: until then the page changes itself now and then, and
    a click in that moment would go to what has just been replaced."""
    expect(page.locator("#upload[data-over=yes]:not([hx-get])")).to_be_visible()


def counts(page: Page) -> dict[str, str]:
    return {
        each.get_attribute("data-count") or "": each.inner_text()
        for each in page.locator("[data-count]").all()
    }


def a_file(prefix: str) -> bytes:
    return csv_bytes(
        [
            good_row(1, vendor_product_id=f"{prefix}-1", sku=f"{prefix}-1"),
            good_row(2, vendor_product_id=f"{prefix}-2", sku=f"{prefix}-2", price="-10.00"),
            good_row(3, vendor_product_id=f"{prefix}-3", sku=f"{prefix}-3", category="Audoi"),
        ]
    )


def test_upload_watch_download_fix_and_finish(visit: Visit, tmp_path: Path) -> None:
    vendor = visit("vendor")
    page = vendor.page
    upload_id = upload(vendor, "spring prices.csv", a_file("JOURNEY"))

    ended(page)  # the page moved on by itself: nothing reloaded it
    assert counts(page) == {"total": "3", "valid": "1", "error": "2"}
    expect(page.locator("#errors")).to_contain_text("Price must be at least 0.01 (was -10.00)")
    expect(page.locator("#errors")).to_contain_text("Did you mean 'Audio'?")

    with page.expect_download() as report:
        page.click("#report")
    assert report.value.suggested_filename == f"{upload_id}_errors.csv"
    lines = list(csv.DictReader(io.StringIO(report.value.path().read_text("utf-8-sig"))))
    assert [line["Row Number"] for line in lines] == ["3", "4"]

    with page.expect_download() as to_fix:
        page.click("#correct")
    fixed = to_fix.value.path().read_text("utf-8-sig")
    fixed = fixed.replace("-10.00", "10.00", 1).replace("Audoi", "Audio", 1)
    upload(vendor, "fixed.csv", fixed.encode())
    ended(page)
    assert counts(page)["valid"] == "2"
    expect(page.locator("#upload")).to_have_attribute("data-status", "completed")

    vendor.go("/uploads/")
    expect(page.locator(f"[data-upload={upload_id}]")).to_be_visible()


def test_the_first_page_says_what_to_do_until_it_is_done(visit: Visit) -> None:
    vendor = visit("vendor")
    page = vendor.page
    task = page.locator("[data-task=rows]", has_text="summer prices.csv")
    upload(vendor, "summer prices.csv", a_file("HOME"))
    ended(page)
    page.click("text=Home")
    task.locator(".button").click()
    page.get_by_label("Price").fill("10.00")
    page.uncheck('[data-cell="Audoi"] [name=keep]')  # other tests need it to be wrong
    page.click("#send")
    ended(page)
    page.click("text=Home")
    expect(page.locator("#to-do-title")).to_be_visible()
    expect(task).to_have_count(0)


def test_staff_see_the_vendors_upload_in_admin(visit: Visit) -> None:
    vendor = visit("vendor")
    upload_id = upload(vendor, "for staff.csv", a_file("STAFF"))
    ended(vendor.page)

    staff = visit()
    staff.log_in("staff", "/admin/login/")
    staff.go(f"/admin/imports/upload/?q={upload_id}")
    staff.page.click(f"text={upload_id}")
    expect(staff.page.locator("body")).to_contain_text("INVALID_CATEGORY")
    expect(staff.page.locator("body")).to_contain_text("for staff.csv")


def test_a_file_that_cannot_be_imported_is_reported_immediately(visit: Visit) -> None:
    vendor = visit("vendor")
    vendor.go("/uploads/new/")
    chosen(vendor.page, "prices.csv", b"%PDF-1.7 and so on")
    expect(vendor.page.locator("#file-problem")).to_contain_text(
        "This is a PDF document, not a CSV or Excel file."
    )
    vendor.page.click("#send")
    expect(vendor.page.locator("#id_file")).to_be_focused()
    expect(vendor.page.locator("#send")).not_to_have_attribute("aria-disabled", "true")
    chosen(vendor.page, "prices.csv", a_file("AFTERPDF"))
    expect(vendor.page.locator("#file-problem")).to_be_empty()
    vendor.page.click("#send")
    vendor.page.wait_for_url("**/uploads/UPLOAD_*/")


def test_on_a_phone_the_list_comes_before_the_filters(visit: Visit) -> None:
    vendor = visit("vendor", viewport={"width": 390, "height": 844})
    upload(vendor, "phone.csv", a_file("PHONE"))
    ended(vendor.page)
    vendor.go("/uploads/")
    expect(vendor.page.locator("[data-upload]").first).to_be_in_viewport()
    expect(vendor.page.get_by_label("Status")).to_be_hidden()
    vendor.page.click("text=More filters")
    vendor.page.get_by_label("Status").select_option("partial")
    vendor.page.click("text=Search")
    expect(vendor.page.get_by_label("Status")).to_be_visible()
    expect(vendor.page.locator("[data-upload]", has_text="phone.csv")).to_have_count(1)


def test_without_java_script_the_page_reloads_itself(visit: Visit) -> None:
    vendor = visit("vendor", java_script_enabled=False)
    upload(vendor, "plain.csv", a_file("NOSCRIPT"))
    ended(vendor.page)
    assert counts(vendor.page)["total"] == "3"


def test_with_the_keyboard_alone(visit: Visit) -> None:
    visitor = visit()
    login = visitor.stack["logins"]["vendor"]
    visitor.go("/login/")
    page = visitor.page
    expect(page.locator("input[name=username]")).to_be_focused()
    page.keyboard.type(login["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(login["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.url}/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "#main")
    visitor.go("/uploads/new/")
    chosen(page, "keys.csv", a_file("KEYS"))
    page.locator("#mode-create").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#mode-update")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.locator("#mode-check")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    ended(page)
    expect(page.locator("#check-only")).to_contain_text("nothing was imported")


PAGES = (
    "/",
    "/uploads/",
    "/products/",
    "/products/?q=nowhere&upload=none&status=lost",
    "/uploads/new/",
    "/help/",
    "/help/products/",
    "/help/troubleshooting/",
    "/nowhere/",
)


@SCREENS
def test_no_page_has_an_accessibility_violation(visit: Visit, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    stranger = visit(**options)
    for path in ("/login/", "/password-reset/"):
        stranger.go(path)
        assert_accessible(stranger.page)

    vendor = visit("vendor", **options)
    upload(vendor, "axe.csv", a_file(f"AXE{width}{scheme}"))
    ended(vendor.page)
    assert_accessible(vendor.page)
    vendor.page.click("#products")
    vendor.page.click("[data-product] a")
    expect(vendor.page.locator("[data-change]")).to_contain_text("axe.csv, row 2")
    assert_accessible(vendor.page)
    for path in PAGES:
        vendor.go(path)
        assert_accessible(vendor.page)
    vendor.complaints = [line for line in vendor.complaints if "404" not in line]

    staff = visit("staff", **options)
    for path in ("/", "/products/?vendor=VEND001", "/products/?vendor=nowhere"):
        staff.go(path)
        assert_accessible(staff.page)

    newcomer = visit("other_vendor", **options)
    expect(newcomer.page.locator("[data-empty=new]")).to_be_visible()
    assert_accessible(newcomer.page)


def assert_accessible(page: Page) -> None:
    assert not violations(page)
    assert excess(page) <= 0, page.url
