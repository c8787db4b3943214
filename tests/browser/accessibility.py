"""What axe finds on a page.

The package's own way sends the script of half a megabyte to the browser for each run, and takes
back what is right as well: on a page of the admin that takes as long as a third of the work.
"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RUN = "([part, options]) => axe.run(part || document, options).then((found) => found.violations)"


def violations(page: Page, part: str | None = None, **options: Any) -> list[str]:
    """Each rule that the page breaks, or this part of it, with the elements that break it. The
    options are those of axe."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, [part, {"resultTypes": ["violations"], **options}])
    return [
        f"{page.url}: {each['id']}: {[node['html'][:200] for node in each['nodes']]}"
        for each in found
    ]


def excess(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width
