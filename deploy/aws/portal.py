"""Whether a released portal answers."""

import time
import urllib.error
import urllib.request

from deploy.aws.stacks import NotReleased

# The process; a page with its texts, forms and static files; the process with its database.
PAGES = ("/healthz", "/login/", "/readyz")
PAUSE_SECONDS = 5.0


def wait_for(address: str, seconds: float = 300) -> None:
    """Wait until each page answers. Raises NotReleased with the last answer of the first that
    does not."""
    deadline = time.monotonic() + seconds
    for page in PAGES:
        while problem := asked(address + page):
            if time.monotonic() > deadline:
                raise NotReleased(
                    f"{address}{page}: {problem}. Check that its DNS record points to the output "
                    f"PointDnsTo, and the log of the portal"
                )
            time.sleep(PAUSE_SECONDS)


def asked(address: str) -> str:
    """Why the page does not answer; "" if it does."""
    try:
        with urllib.request.urlopen(address, timeout=30):  # noqa: S310 - https, or a test's server
            return ""
    except (urllib.error.URLError, OSError) as problem:
        return f"{type(problem).__name__}: {problem}"  # some errors have no text of their own
