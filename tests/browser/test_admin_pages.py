"""Every page of the admin in Chromium: no accessibility violations, nothing wider than the window,
plots that can be read, and a System page that refreshes itself."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.accessibility import excess, violations
from tests.browser.conftest import Visit, printed_in

WIDE: ViewportSize = {"width": 1280, "height": 844}
NARROW: ViewportSize = {"width": 390, "height": 844}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


@pytest.fixture(scope="module")
def pages(stack: dict[str, Any]) -> list[str]:
    """The addresses of all pages: of each model its list, its form and the page of one row."""
    found: list[str] = json.loads(printed_in(stack, "tests.browser.one_of_each"))
    return found


def test_no_page_has_an_accessibility_violation(visit: Visit, pages: list[str]) -> None:
    """Light and wide, with a row selected; the open filters; then dark and narrow, where only
    contrast and width can change. The menu is the same everywhere and checked once."""
    admin = visit("admin")
    page = admin.page
    assert len(pages) > 40
    found = problems(page)
    for path in pages:
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        admin.go(path)
        row = page.locator("#result_list tbody input.action-select").first
        if row.count():
            row.check()
            expect(page.locator("#changelist-actions")).to_be_visible()
        found += problems(page, "#main")
        page.set_viewport_size(NARROW)
        page.emulate_media(color_scheme="dark")
        found += problems(page, "#main", **CONTRAST)
        found += cut(page)
        if page.locator("#changelist-filter").count():
            page.locator("[x-on\\:click*='filterOpen']").first.click()
            expect(page.locator("#filter-form")).to_be_visible()
            found += problems(page, "#changelist-filter")
    assert not found, "\n".join(found)


def problems(page: Page, part: str | None = None, **options: Any) -> list[str]:
    """Violations of accessibility in a part of the page, and by how much it scrolls sideways."""
    found, width = violations(page, part, **options), excess(page)
    return [*found, f"{page.url} scrolls sideways by {width} px"] if width > 0 else found


def cut(page: Page) -> list[str]:
    """Tables that scroll sideways on a phone, and texts of lists that are cut there."""
    page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
    width = "all => all.map((each) => each.scrollWidth - each.clientWidth)"
    widths = page.locator(".ob-scroll, #result_list .ob-two small").evaluate_all(width)
    return [f"{page.url}: {each} px are out of sight" for each in widths if each > 0]


def assert_accessible(page: Page) -> None:
    assert not problems(page)


def test_a_plot_can_be_read_without_colors_and_its_numbers_are_a_table(visit: Visit) -> None:
    """In forced colors, of which a person chooses few."""
    staff = visit("staff", forced_colors="active", viewport=NARROW)
    staff.go("/admin/system/")
    plot = staff.page.locator("#plot-uploads")
    looks = plot.locator("pattern").evaluate_all("all => all.map((each) => each.innerHTML)")
    assert len(set(looks)) == len(looks) == 5
    texts = plot.locator("svg text")
    assert texts.count() > 10
    size = "all => all.map((each) => each.getBoundingClientRect().height)"
    assert min(texts.evaluate_all(size)) > 9  # pixels, however narrow the window is
    plot.locator("summary").click()
    expect(plot.locator("tbody tr").first).to_be_visible()  # the sample that was imported at start


def test_the_system_page_refreshes_itself_while_no_table_is_open(visit: Visit) -> None:
    staff = visit("staff")
    page = staff.page
    page.clock.install()
    staff.go("/admin/system/?span=7d")
    page.evaluate("document.querySelector('#ob-system').dataset.old = 'yes'")
    page.locator("#plot-rows summary").click()
    page.clock.run_for(130_000)
    expect(page.locator("#ob-system[data-old]")).to_have_count(1)
    page.locator("#plot-rows summary").click()
    page.clock.run_for(61_000)
    expect(page.locator("#ob-system[data-old]")).to_have_count(0)
    expect(page.locator("#plot-rows svg.plot")).to_be_visible()
    expect(page.get_by_role("link", name="Last 7 days")).to_have_attribute("aria-current", "page")
