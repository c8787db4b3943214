"""The pictures of pages.md: `python -m docs.page_pictures`, after `python -m docs.pictures`, while
the same `make run` runs.

The main pages of a vendor and of staff, with the files of docs/pictures.py, and one more that is
held: its prices have lost their decimal point. Needs Chromium.
"""

import csv
import io
import json

from playwright.sync_api import FilePayload, Page, ViewportSize, sync_playwright

from docs.pictures import CHROMIUM, ROOT, log_in, picture, spring_file

SIZE: ViewportSize = {"width": 1280, "height": 800}
WIDE: ViewportSize = {"width": 1500, "height": 900}
OF_VENDORS = {
    "": "first",
    "uploads/": "uploads",
    "uploads/new/": "new-upload",
    "products/quality/": "quality",
    "columns/": "remembered",
    "team/": "team",
    "account/": "account",
    "account/security/": "security",
    "account/tokens/": "tokens",
    "account/webhooks/": "webhooks",
    "help/products/": "help",
}
OF_STAFF = {
    "imports/upload/": "uploads",
    "imports/heldupload/": "held",
    "imports/alarm/": "alarms",
    "imports/notification/": "emails",
    "catalog/product/?q=hose": "products",
    "find/?q=MW-1001": "find",
    "troubleshooting/": "runbook",
}


def main() -> None:
    stack = json.loads((ROOT / ".local" / "stack.json").read_text())
    portal = stack["portal_url"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page, staff = browser.new_page(viewport=SIZE), browser.new_page(viewport=WIDE)
        log_in(page, stack, "vendor")
        log_in(staff, stack, "admin", "/admin/")
        held(page, portal)
        for path, name in OF_VENDORS.items():
            page.goto(f"{portal}/{path}")
            picture(page, f"page-{name}")
        for path, name in OF_STAFF.items():
            staff.goto(f"{portal}/admin/{path}")
            staff.wait_for_load_state("networkidle")
            picture(staff, f"staff-{name}")
        staff.goto(f"{portal}/admin/imports/heldupload/")
        staff.get_by_role("link", name="dear.csv").click()
        staff.wait_for_load_state("networkidle")
        picture(staff, "staff-review")
        staff.goto(f"{portal}/admin/vendors/vendor/VEND001/overview/")
        staff.wait_for_load_state("networkidle")
        picture(staff, "staff-vendor")
        browser.close()


def held(page: Page, portal: str) -> None:
    page.goto(f"{portal}/uploads/new/")
    file: FilePayload = {"name": "dear.csv", "mimeType": "text/csv", "buffer": dear_file()}
    page.set_input_files("#id_file", file)
    page.check("#mode-update")
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    page.wait_for_selector("#held")
    picture(page, "page-held")


def dear_file() -> bytes:
    """The prices of spring.csv without their decimal points."""
    rows = csv.DictReader(io.StringIO(spring_file().decode()))
    known = [(row["Vendor Product ID"], row["Price"]) for row in rows if "." in row["Price"]]
    body = io.StringIO()
    lines = [(name, price.replace(".", "")) for name, price in known]
    csv.writer(body).writerows([("Vendor Product ID", "Price"), *lines])
    return body.getvalue().encode()


if __name__ == "__main__":
    main()
