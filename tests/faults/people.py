"""A user of the portal, over HTTP; a broken connection is an answer too."""

import http.client
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

from deploy.local.demo_logins import DEMO_LOGINS
from tests.faults.cases import Case
from tests.faults.world import HANG

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """`status` 0 is a connection that broke."""

    status: int
    url: str = ""
    text: str = ""
    headers: Any = None


@dataclass
class Person:
    """A logged-in user who belongs to the first vendor of the case."""

    case: Case
    who: str = "vendor"
    _opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        login = DEMO_LOGINS[self.who]
        if self.who == "vendor":
            self._join()
        answer = self.post("/login/", login)
        assert answer.status == 200, answer
        assert "/login/" not in answer.url

    def _join(self) -> None:
        self.case.world.rows(
            "UPDATE vendor_members SET vendor_id = %s WHERE user_id = "
            "(SELECT id FROM auth_user WHERE username = %s)",
            [self.case.vendor(), DEMO_LOGINS[self.who]["username"]],
        )

    def get(self, path: str) -> Answer:
        return self._ask(urllib.request.Request(self.case.world.env["PORTAL_URL"] + path))

    def post(self, path: str, fields: Mapping[str, str | list[str]], *, form: str = "") -> Answer:
        """Post a form; its token comes from the page `form`, by default the same page."""
        token = TOKEN.search(self.get(form or path).text)
        assert token, form or path
        fields = {**fields, "csrfmiddlewaretoken": token[1]}
        return self._ask(self._request(path, urllib.parse.urlencode(fields, doseq=True).encode()))

    def send(
        self,
        body: bytes,
        name: str = "products.csv",
        mode: str = "create",
        dataset: str = "products",
    ) -> Answer:
        """Upload a file through the form, if that can be opened."""
        page = self.get("/uploads/new/")
        token = TOKEN.search(page.text)
        if token is None:
            return page
        mark = secrets.token_hex(8)
        fields = {"csrfmiddlewaretoken": token[1], "mode": mode, "dataset": dataset}
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/csv\r\n\r\n".encode()
            + body
            + b"\r\n"
        )
        request = self._request("/uploads/new/", b"".join(parts) + f"--{mark}--\r\n".encode())
        request.add_header("Content-Type", f"multipart/form-data; boundary={mark}")
        return self._ask(request)

    def _request(self, path: str, data: bytes) -> urllib.request.Request:
        return urllib.request.Request(self.case.world.env["PORTAL_URL"] + path, data)

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=HANG) as answer:
                text = answer.read().decode(errors="replace")
                return Answer(answer.status, answer.url, text, answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            return Answer(error.code, error.url or "", text, error.headers)
        except (OSError, http.client.HTTPException):
            return Answer(0)
