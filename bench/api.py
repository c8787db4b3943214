"""10,000 rows by the REST API, compared with the form, over HTTP; and 1,000 looks at an upload."""

import http.client
import json
import re
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from bench import files, uploading
from bench.table import Line
from bench.timing import in_turn
from imports.models import Upload
from vendors import tokens
from vendors.models import Member

ROWS, LOOKS = 10_000, 1_000
VENDOR = "BENCH-API"
MORE_AIM, LOOK_AIM = 0.1, 0.030  # seconds
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def measure(runs: int) -> list[Line]:
    person = User.objects.create_user("bench-api", "bench-api@bench.example")
    vendor = uploading.vendor(VENDOR)
    Member.objects.create(user=person, vendor=vendor)
    life = timedelta(days=1)
    _, token = tokens.create(vendor=vendor, name="b", scopes=tokens.SCOPES, life=life, by=person)
    body = files.product_file(ROWS, seed=41).csv()
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    form = Form(person)

    def timed(send: Callable[[bytes], str]) -> float:
        uploading.empty_catalog()
        uploading.wait_for_quiet()
        began = time.perf_counter()
        upload_id = send(body)
        uploading.wait_until(upload_id, "completed_at")
        seconds = time.perf_counter() - began
        uploading.check(Upload.objects.get(pk=upload_id), ROWS)
        return seconds

    def by_api(sent: bytes) -> str:
        status, answer = ask("POST", "/api/v1/uploads", sent, bearer)
        if status != 201:
            raise uploading.NotImported(answer)
        return str(json.loads(answer)["upload_id"])

    timed(by_api)  # the processes have connected to their services
    api, forms = in_turn(runs, lambda: timed(by_api), lambda: timed(form))
    more = api.median - forms.median
    upload_id = by_api(body)
    uploading.wait_until(upload_id, "completed_at")
    p95 = statistics.quantiles(looks(f"/api/v1/uploads/{upload_id}", bearer), n=20)[-1]
    return [
        Line(
            "10,000 rows by the REST API, to the final status",
            str(api),
            f"form {forms}",
            f"{more:+.2f} s",
            f"≤ {MORE_AIM:.1f} s more",
            more <= MORE_AIM,
        ),
        Line(
            "1,000 looks at an upload by the REST API, 95th percentile",
            f"{p95 * 1_000:.1f} ms",
            "",
            "",
            f"< {LOOK_AIM * 1_000:.0f} ms",
            p95 < LOOK_AIM,
        ),
    ]


class Form:
    """A person's browser, as far as the form needs one."""

    def __init__(self, person: User) -> None:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        self.cookie = f"{name}={client.cookies[name].value}"

    def __call__(self, sent: bytes) -> str:
        client = http.client.HTTPConnection(urlsplit(settings.PORTAL_URL).netloc)
        client.request("GET", "/uploads/new/", headers={"Cookie": self.cookie})
        page = client.getresponse()
        token = CSRF.search(page.read().decode())
        cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
        if token is None:
            raise uploading.NotImported("no form")
        mark = secrets.token_hex(8)
        fields = {"csrfmiddlewaretoken": token[1], "mode": "create", "dataset": "products"}
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="b.csv"\r\n\r\n'
        )
        body = "".join(parts).encode() + sent + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        headers = {"Cookie": f"{self.cookie}; {cookie}", "Content-Type": kind}
        client.request("POST", "/uploads/new/", body, headers)
        answer = client.getresponse()
        text = answer.read().decode()
        if answer.status != 303:
            raise uploading.NotImported(f"{answer.status} {text[:200]}")
        return str(answer.headers["Location"]).strip("/").rpartition("/")[2]


def ask(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
    client = http.client.HTTPConnection(urlsplit(settings.PORTAL_URL).netloc)
    client.request(method, path, body, headers)
    answer = client.getresponse()
    return answer.status, answer.read().decode()


def looks(path: str, headers: dict[str, str]) -> list[float]:
    """Seconds of each, on one connection, as a program keeps one."""
    client = http.client.HTTPConnection(urlsplit(settings.PORTAL_URL).netloc)
    seconds = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise uploading.NotImported(f"{answer.status}")
    return seconds
