"""Editing, deactivating and reactivating products, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENS, Visit, Visitor, follow
from tests.browser.test_vendor_journey import assert_accessible, ended, upload
from tests.product_files import csv_bytes, good_row


def products(prefix: str, count: int = 2) -> bytes:
    return csv_bytes(
        [
            good_row(
                n,
                vendor_product_id=f"{prefix}-{n}",
                sku=f"{prefix}-{n}",
                product_name=f"{prefix} {n}",
                description="First line\nsecond line",
            )
            for n in range(count)
        ]
    )


def imported(visitor: Visitor, prefix: str, count: int = 2) -> None:
    upload(visitor, f"{prefix}.csv", products(prefix, count))
    ended(visitor.page)


def open_product(visitor: Visitor, name: str) -> None:
    visitor.go(f"/products/?q={name.replace(' ', '+')}")
    visitor.page.get_by_role("link", name=name, exact=True).click()


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_one_product_is_edited_in_two_windows(visit: Visit, java_script_enabled: bool) -> None:
    name = f"TWO{java_script_enabled}"
    imported(visit("vendor"), name)
    mine, hers = (visit("vendor", java_script_enabled=java_script_enabled) for _ in range(2))
    for window in (mine, hers):
        open_product(window, f"{name} 1")
        window.page.get_by_role("link", name="Edit product").click()
    hers.page.get_by_label("Price", exact=True).fill("30.00")
    hers.page.get_by_role("button", name="Save changes").click()
    expect(hers.page.get_by_text("Changes saved.")).to_be_visible()

    page = mine.page
    page.get_by_label("Price", exact=True).fill("x")
    page.get_by_label("Brand").fill("Clicky")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#error-summary")).to_contain_text("Price must be a number such as 19.99")
    expect(page.locator("#price-conflict")).to_contain_text("Changed from “19.99” to “30.00”")
    page.get_by_label("Price", exact=True).fill("21.50")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()
    change = page.locator("[data-change]").first
    expect(change.locator("[data-field]")).to_have_count(2)  # the description is as it was
    expect(change).to_contain_text("30.00")
    mine.complaints = [line for line in mine.complaints if "422" not in line]


def test_with_the_keyboard_alone(visit: Visit) -> None:
    visitor = visit("vendor")
    imported(visitor, "KEYS")
    page = visitor.page
    visitor.go("/products/?q=KEYS")
    page.get_by_role("checkbox", name="Select KEYS 1").focus()
    page.keyboard.press("Space")
    for label in ("KEYS 1", "Select KEYS 0", "KEYS 0", "Deactivate"):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.ariaLabel || document.activeElement.textContent"
        )
        assert focused == label
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 product deactivated.")).to_be_visible()
    open_product(visitor, "KEYS 1")
    expect(page.locator("#inactive-since")).to_be_visible()


@SCREENS
def test_no_page_has_an_accessibility_violation(visit: Visit, width: int, scheme: str) -> None:
    vendor = visit("vendor", viewport={"width": width, "height": 844}, color_scheme=scheme)
    name = f"SEEN{width}{scheme}"
    imported(vendor, name, 60)
    page = vendor.page
    vendor.go(f"/products/?q={name}&select=page")
    expect(page.locator("[name=product]:checked")).to_have_count(50)
    assert_accessible(page)
    page.click("#deactivate-all")
    expect(page.locator("h1")).to_have_text("Deactivate 60 products?")
    assert_accessible(page)
    page.click("#confirmed")
    expect(page.get_by_text("60 products deactivated.")).to_be_visible()
    follow(page.locator("[data-product] a").first)
    assert_accessible(page)
    page.click("#reactivate")
    page.click("#edit")
    assert_accessible(page)
    for field, text in (("price", "-1"), ("gtin", "2012345678903"), ("product_name", "")):
        page.fill(f"#id_{field}", text)
    other = visit("vendor")
    other.page.goto(page.url)
    other.page.fill("#id_price", "5.00")
    other.page.click("#save")
    page.click("#save")
    expect(page.locator("#conflicts")).to_be_visible()
    expect(page.locator("#gtin-warning")).to_be_visible()
    assert re.search("Product Name cannot be emptied", page.locator("#error-summary").inner_text())
    assert_accessible(page)
    vendor.complaints = [line for line in vendor.complaints if "422" not in line]
