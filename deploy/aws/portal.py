"""Whether a released portal answers."""

import socket
import ssl
import time
import urllib.error
import urllib.request
from functools import partial
from http.client import HTTPSConnection
from typing import Any

from deploy.aws.stacks import NotReleased

# The process; a page with its texts, forms and static files; the process with its database.
PAGES = ("/healthz", "/login/", "/readyz")
PAUSE_SECONDS = 5.0


def wait_for(address: str, seconds: float = 300, *, host: str = "") -> None:
    """Wait until each page answers. Raises NotReleased with the last answer of the first that
    does not.

    With a `host` that one is asked, whatever DNS says.
    """
    deadline = time.monotonic() + seconds
    for page in PAGES:
        while problem := asked(address + page, host):
            if time.monotonic() > deadline:
                raise NotReleased(
                    f"{address}{page}: {problem}. Check that its DNS record points to the output "
                    f"PointDnsTo, and the log of the portal"
                )
            time.sleep(PAUSE_SECONDS)


def asked(address: str, host: str = "") -> str:
    """Why the page does not answer; "" if it does."""
    opener = urllib.request.build_opener(*([_At(host)] if host else []))
    try:
        with opener.open(address, timeout=30):
            return ""
    except (urllib.error.URLError, OSError) as problem:
        return f"{type(problem).__name__}: {problem}"  # some errors have no text of their own


class _At(urllib.request.HTTPSHandler):
    """Connects to this host, and checks the certificate for the host of the address."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(_Connection, at=self._host), req)


class _Connection(HTTPSConnection):
    def __init__(self, host: str, *, at: str, **said: Any) -> None:
        super().__init__(host, **said)
        self._at = at

    def connect(self) -> None:
        host, _, port = self._at.partition(":")
        plain = socket.create_connection((host, int(port or 443)), self.timeout)
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(plain, server_hostname=self.host)
