"""The admin in Chromium: no accessibility violations, and nothing wider than the window."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import SCREENS, Visit

# Unfold's scrolling parts are all called "scrollable content".
UNFOLDS = {"landmark-unique"}
LISTS = ("alarm", "notification", "upload")


@SCREENS
def test_no_page_has_an_accessibility_violation(visit: Visit, width: int, scheme: str) -> None:
    staff = visit("staff", viewport={"width": width, "height": 844}, color_scheme=scheme)
    for path in ("", "troubleshooting/", *(f"imports/{name}/" for name in LISTS)):
        staff.go(f"/admin/{path}")
        assert_accessible(staff.page)
    for name in ("notification", "upload"):
        staff.go(f"/admin/imports/{name}/")
        staff.page.locator(f"#result_list a[href*='/{name}/']").first.click()
        staff.page.wait_for_load_state()
        assert_accessible(staff.page)


def assert_accessible(page: Page) -> None:
    wrong = [each for each in Axe().run(page).response["violations"] if each["id"] not in UNFOLDS]
    named = [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in wrong]
    assert not named, "\n".join([page.url, *named])
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{page.url} scrolls sideways by {width} px"
