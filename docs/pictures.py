"""The pictures of first-import.md, catalog.md and fixing.md: `python -m docs.pictures`, while a new
`make run` runs.

A vendor's first file, one picture a step, with docs/samples/price-list.csv; the catalog, with three
prices changed and undone; a file with rejected rows; a category that is requested. Needs Chromium.
"""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
LIST = ROOT / "docs" / "samples" / "price-list.csv"
CHROMIUM = "/usr/bin/chromium"
# What the columns of the list hold, by their places.
CHOICES = ("Vendor Product ID*", "Product Name*", "Category*", "Price*", "Stock Quantity*")
NEXT = (
    "Preisliste Winter, Müller Werkzeuge;;;;;;\n"
    "Art.-Nr.;Artikel;Warengruppe;VK brutto;Bestand;Farbe;EAN\n"
    "MW-201;Schneeschaufel, 50 cm;Garden & Outdoor;29,90 €;60;schwarz;\n"
    "MW-202;Streuwagen;Garden & Outdoor;1.099,00 €;3;grün;\n"
)


def main() -> None:
    stack = json.loads((ROOT / ".local" / "stack.json").read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 760})
        log_in(page, stack, "vendor")
        first_file(page, stack["portal_url"])
        next_file(page, stack["portal_url"])
        catalog(page, stack["portal_url"])
        fixing(page, stack["portal_url"])
        staff = browser.new_page(viewport={"width": 1000, "height": 690})
        log_in(staff, stack, "admin", "/admin/")
        wanted(page, staff, stack["portal_url"])
        browser.close()


def log_in(page: Page, stack: dict[str, Any], who: str, start: str = "/") -> None:
    login = stack["logins"][who]
    page.goto(f"{stack['portal_url']}{start}login/")
    page.fill("input[name=username]", login["username"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{stack['portal_url']}{start}")


def first_file(page: Page, portal: str) -> None:
    page.goto(f"{portal}/uploads/new/")
    page.set_input_files("#id_file", LIST)
    picture(page, "first-1-file")
    page.click("#send")
    page.wait_for_url("**/columns/")
    for place, label in enumerate(CHOICES):
        page.select_option(f"#column-{place}", label=label)
    page.select_option("#take-sku", label="Art.-Nr.")
    page.click("#show")
    page.evaluate("scrollTo(0, 0)")
    picture(page, "first-2-columns", full=True)
    page.click("#import")
    page.wait_for_selector("#upload[data-over=yes]")
    picture(page, "first-3-result", full=True)


def next_file(page: Page, portal: str) -> None:
    page.goto(f"{portal}/uploads/new/")
    body: FilePayload = {
        "name": "price-list-winter.csv",
        "mimeType": "text/csv",
        "buffer": NEXT.encode("cp1252"),
    }
    page.set_input_files("#id_file", body)
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    page.wait_for_selector("#upload[data-over=yes]")
    picture(page, "first-4-next")


def catalog(page: Page, portal: str) -> None:
    page.goto(f"{portal}/products/")
    picture(page, "catalog-1-products")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    price = rows[0].index("Price*")
    for row, factor in zip(rows[1:], ("1.05", "1.10", "0.80"), strict=False):
        row[price] = f"{Decimal(row[price]) * Decimal(factor):.2f}"
    body = io.StringIO()
    csv.writer(body).writerows(rows)
    page.goto(f"{portal}/uploads/new/")
    file: FilePayload = {
        "name": "new-prices.csv",
        "mimeType": "text/csv",
        "buffer": body.getvalue().encode(),
    }
    page.set_input_files("#id_file", file)
    page.check("#mode-update")
    page.check("#mode-check")
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    page.wait_for_selector("#planned")
    picture(page, "catalog-2-check", full=True)
    page.click("#import")
    page.click("#products")
    page.locator("tbody th a").first.click()
    picture(page, "catalog-3-product", full=True)
    page.locator("[data-change] a").first.click()
    page.click("#undo")
    page.click("#undo-confirmed")
    page.wait_for_selector("#upload[data-over=yes]")
    picture(page, "catalog-4-undo")


def fixing(page: Page, portal: str) -> None:
    page.goto(f"{portal}/uploads/new/")
    file: FilePayload = {"name": "spring.csv", "mimeType": "text/csv", "buffer": spring_file()}
    page.set_input_files("#id_file", file)
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    page.wait_for_selector("#upload[data-over=yes]")
    picture(page, "fix-1-rejected")
    page.click("#fix")
    page.fill('[data-cell="on request"] [name=to]', "49.00")
    page.get_by_label("Price", exact=True).last.fill("12.00")
    picture(page, "fix-2-values", full=True)
    page.click("#send")
    page.wait_for_selector("#upload[data-over=yes]")
    picture(page, "fix-3-corrected")
    page.goto(f"{portal}/columns/#values")
    page.locator("#values").screenshot(path=IMAGES / "fix-4-remembered.png")


def wanted(page: Page, staff: Page, portal: str) -> None:
    page.goto(f"{portal}/uploads/new/")
    file: FilePayload = {"name": "pets.csv", "mimeType": "text/csv", "buffer": pets_file()}
    page.set_input_files("#id_file", file)
    page.click("#send")
    page.wait_for_url("**/uploads/UPLOAD_*/")
    page.wait_for_selector("#upload[data-over=yes]")
    page.click("#fix")
    page.locator('[data-cell="Pet Supplies"] [name=want]').click()
    page.wait_for_selector("[name=withdraw]")
    values = page.locator("section", has=page.locator("#values-title"))
    values.screenshot(path=IMAGES / "fix-5-requested.png")
    staff.goto(f"{portal}/admin/imports/categoryrequest/")
    staff.get_by_role("link", name="Pet Supplies").click()
    staff.wait_for_load_state("networkidle")
    picture(staff, "fix-6-decide")


def pets_file() -> bytes:
    """Products of a category that is not approved, and of one that is written otherwise."""
    header = ("Vendor Product ID", "Product Name", "Category", "SKU", "Price", "Stock Quantity")
    rows = [
        (
            f"PET-{n}",
            f"Dog lead {n} m",
            "Home and Kitchen" if n > 40 else "Pet Supplies",
            f"PET-{n}",
            "9.90",
            "5",
        )
        for n in range(1, 44)
    ]
    body = io.StringIO()
    csv.writer(body).writerows([header, *rows])
    return body.getvalue().encode()


def spring_file() -> bytes:
    """500 products. 312 have a wrong category, three no price, and one a price that is none."""
    header = ("Vendor Product ID", "Product Name", "Category", "SKU", "Price", "Stock Quantity")
    names = ("Garden hose", "Watering can", "Plant pot", "Rake", "Seed tray", "Pruning shears")
    prices = {7: "on request", 8: "on request", 9: "on request", 90: "12 euros"}
    rows = [
        (
            f"MW-{1_000 + n}",
            f"{names[n % len(names)]} {n}",
            "Garden and Outdoor" if n >= 188 else "Garden & Outdoor",
            f"MW-{1_000 + n}",
            prices.get(n, f"{5 + n % 40}.90"),
            str(n % 70),
        )
        for n in range(500)
    ]
    body = io.StringIO()
    csv.writer(body).writerows([header, *rows])
    return body.getvalue().encode()


def picture(page: Page, name: str, *, full: bool = False) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", full_page=full)


if __name__ == "__main__":
    main()
