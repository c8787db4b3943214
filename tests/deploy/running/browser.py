"""A vendor's browser at the portal, through what is before it."""

import re
import secrets
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.deploy.running.front import Answer, Front

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    def __init__(self, front: Front, domain: str) -> None:
        self._front = front
        self._domain = domain
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """Send the form of this page."""
        fields["csrfmiddlewaretoken"] = self._token(path)
        return self._ask(
            "POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded"
        )

    def send_file(self, path: str, name: str, content: bytes, **fields: str) -> Answer:
        """Send the form of this page with a file."""
        fields["csrfmiddlewaretoken"] = self._token(path)
        mark = secrets.token_hex(8)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        kind = "Content-Type: text/csv\r\n\r\n"
        body = b"".join([*parts, (head + kind).encode(), content, f"\r\n--{mark}--\r\n".encode()])
        return self._ask("POST", path, body, f"multipart/form-data; boundary={mark}")

    def _token(self, path: str) -> str:
        page = self.get(path)
        found = TOKEN.search(page.text)
        assert found, (path, page.status, page.text[:500])
        return found[1]

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        headers = {
            "host": self._domain,
            "cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "referer": f"https://{self._domain}{path}",
            **({"content-type": kind} if kind else {}),
        }
        answer = self._front.ask(method, path, headers, body)
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        return answer
