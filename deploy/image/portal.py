"""A minimal browser for the trial."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
BOUNDARY = "----a-file-for-the-portal"


class Portal:
    """The portal at `address`; keeps cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        """The text of a page, after redirects. Raises OSError unless the request succeeds."""
        with self._opener.open(self.address + path, timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    def log_in(self, username: str, password: str) -> None:
        """Raises PermissionError when the portal rejects the login."""
        form = {"username": username, "password": password, **self._token("/login/")}
        if self._post("/login/", urlencode(form).encode()).endswith("/login/"):
            raise PermissionError(username)

    def send(self, name: str, content: str) -> str:
        """Upload a file of products; return the upload's ID. Raises OSError when it is rejected."""
        fields = {"dataset": "products", "mode": "create", **self._token("/uploads/new/")}
        parts = [f'"{field}"\r\n\r\n{value}' for field, value in fields.items()]
        parts.append(f'"file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n{content}')
        body = "".join(
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name={part}\r\n" for part in parts
        )
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        at = self._post("/uploads/new/", f"{body}--{BOUNDARY}--\r\n".encode(), kind)
        return at.rstrip("/").rpartition("/")[2]

    def _token(self, path: str) -> dict[str, str]:
        found = TOKEN.search(self.get(path))
        return {"csrfmiddlewaretoken": found[1]} if found else {}

    def _post(self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded") -> str:
        """Post; return the address after redirects."""
        request = Request(self.address + path, body, {"Content-Type": kind})  # noqa: S310 (ours)
        with self._opener.open(request, timeout=60) as answer:
            at: str = answer.url
        return at
