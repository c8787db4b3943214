"""Vendors' input is only text everywhere: in names, cells, headers, pages, emails and reports."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from deploy.local.demo_logins import DEMO_LOGINS
from deploy.local.places import CHECKOUT
from tests.browser.conftest import Visit, Visitor, browser, sessions, visit
from tests.faults.cases import Case
from tests.faults.checker import check, mails
from tests.faults.people import Person
from tests.faults.reference import expected_of
from tests.faults.world import World
from tests.product_files import csv_bytes

__all__ = ["browser", "sessions", "visit"]
PAYLOAD = '"\'><script>window.ran=1;alert(1)</script><img src=x onerror="window.ran=1">'
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|'/c calc'!A0", "＝1+1")
NAMES = {
    "../../x.csv": "x.csv",
    "C:\\x.csv": "x.csv",
    "x" * 300 + ".csv": "x" * 146 + ".csv",
    "a\u202egpj.csv": "agpj.csv",
    "<img onerror=alert(1)>.csv": "<img onerror=alert(1)>.csv",
    "it's.csv": "it's.csv",
    "%0d%0aBcc: x@evil.example.csv": "%0d%0aBcc: x@evil.example.csv",
}


@pytest.mark.parametrize(("name", "shown"), NAMES.items(), ids=range(len(NAMES)))
def test_file_names(case: Case, name: str, shown: str) -> None:
    """Shown as cleaned text, stored under the vendor's prefix, mailed in a one-line subject."""
    person = Person(case)
    body = csv_bytes(case.rows(5, bad=1))
    assert person.send(body, name=name).status == 200
    case.settle()
    [upload] = case.uploads()
    assert upload["file_name"] == shown
    assert upload["s3_key"] == f"uploads/{case.vendor()}/{upload['upload_id']}/{shown}"
    page = person.get(f"/uploads/{upload['upload_id']}/").text
    assert "<img onerror" not in page
    [text] = [text for _to, text in mails(case.world) if upload["upload_id"] in text]
    assert shown in text
    correct = person.get(f"/uploads/{upload['upload_id']}/correct.csv")
    assert correct.status == 200
    assert "\n" not in correct.headers["Content-Disposition"]


def test_no_cell_of_a_report_is_a_formula(case: Case) -> None:
    """Neither in the error report nor in the correctable file, in any column."""
    person = Person(case)
    good = case.rows(1)[0]
    rows = []
    for number, formula in enumerate(FORMULAS):
        for column in good:
            other = {"vendor_product_id": f"V-{number}-{column}", "price": "no"}
            rows.append(good | other | {column: formula})
    rows = [{f"{PAYLOAD} =1+1": "=2+2", **row} for row in rows]
    assert person.send(csv_bytes(rows)).status == 200
    case.settle()
    [upload] = case.uploads()
    assert upload["error_records"] == len(rows)
    for name in ("errors.csv", "correct.csv"):
        answer = person.get(f"/uploads/{upload['upload_id']}/{name}")
        lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
        assert len(lines) > len(rows)
        cells = [cell for line in lines for cell in line]
        assert not [cell for cell in cells if is_formula(cell)]


def is_formula(cell: str) -> bool:
    """Whether Excel, LibreOffice or openpyxl would treat the cell of a CSV file as a formula."""
    if re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)*", cell):
        return False
    return cell.lstrip(" ")[:1] in {*"=+-@\t\r", "＝", "＋", "－", "＠"}


@pytest.fixture
def stack(world: World) -> dict[str, Any]:
    """The description of the world for the browser tests."""
    return {"portal_url": world.env["PORTAL_URL"], "logins": DEMO_LOGINS}


@pytest.fixture
def haunted(case: Case) -> Case:
    """A system with a script in every field that a vendor can fill."""
    case.vendor()
    case.world.rows("UPDATE vendors SET name = %s WHERE vendor_id = %s", [PAYLOAD, case.vendor()])
    person = Person(case)
    texts = ("product_name", "description", "brand", "subcategory", "unit")
    rows = [
        row | dict.fromkeys(texts, PAYLOAD) | {"vendor_product_id": f"{PAYLOAD[:80]}{number}"}
        for number, row in enumerate(case.rows(3))
    ]
    rows = [row | {"sku": f"{PAYLOAD[:80]}{case.tag}{n}"} for n, row in enumerate(rows)]
    bad = [dict.fromkeys(rows[0], f"{PAYLOAD}{number}") for number in range(3)]
    body = csv_bytes([{PAYLOAD: PAYLOAD, **row} for row in [*rows, *bad]])
    assert person.send(body, name="<img src=x onerror=window.ran=1>.csv").status == 200
    assert person.send(body, name="<script>window.ran=1<").status == 200
    case.drop(csv_bytes([{PAYLOAD: "1"}]), name="<svg onload=window.ran=1>.csv")
    case.sent.clear()
    unknown = f"uploads/<img src=x onerror=window.ran=1>{case.tag}/{PAYLOAD}.csv"
    case.world.aws("s3").put_object(Bucket=case.world.bucket, Key=unknown, Body=body)
    case.settle()
    return case


SKIPPED = re.compile(
    r"/logout/|/api/|/source/|/export/|/template/|\.csv|\.xlsx|/static/|/password-reset/|/reports/|/delete/|/jsi18n/|\?.*(o=|all=)"
)


def kind_of(address: str) -> str:
    """Pages that differ only in an ID or a value of the query are of one kind; so are the lists of
    a model that staff filter in different ways."""
    parts = urlsplit(address)
    path = re.sub(r"UPLOAD_[0-9A-F_]+|/[^/]*\d[^/]*(?=/)|_[0-9A-F]{2}", "/N", parts.path)
    if path.startswith("/admin/"):
        return path + "?" * bool(parts.query)
    return path + re.sub(r"=[^&]*", "", parts.query)


def crawl(visitor: Visitor, start: str) -> Iterator[str]:
    """Visit one page of every kind that can be reached by links; yield their addresses."""
    waiting, seen, kinds = [visitor.url + start], {visitor.url + start}, set[str]()
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in kinds:
            continue
        kinds.add(kind)
        visitor.page.goto(address)
        yield address
        links = visitor.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            found = urljoin(address, link).partition("#")[0]
            if found.startswith(visitor.url) and found not in seen and not SKIPPED.search(found):
                seen.add(found)
                waiting.append(found)


@pytest.mark.parametrize(("who", "start", "least"), [("vendor", "/", 6), ("admin", "/admin/", 20)])
def test_crawl_with_a_script_in_every_field(
    haunted: Case, visit: Visit, who: str, start: str, least: int
) -> None:
    """No dialog, no inline execution, and the content security policy reports nothing: `visit`
    fails the test for each of them."""
    visitor = visit(who)
    pages = []
    for address in crawl(visitor, start):
        pages.append(address)
        assert visitor.page.evaluate("window.ran") is None, address
        assert not visitor.page.locator("img[onerror], svg[onload]").count(), address
        assert not visitor.complaints, address
    assert len(pages) >= least, pages
    ids = {upload["upload_id"] for upload in haunted.uploads()}
    assert who == "admin" or any(ids & set(address.split("/")) for address in pages)


def test_headers_and_cookies_over_http(case: Case) -> None:
    person = Person(case)
    for path in ("/login/", "/uploads/", "/uploads/new/", "/nothing-here/", "/admin/"):
        headers = person.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Server" not in headers
    private = person.get("/uploads/").headers
    assert "no-store" in private["Cache-Control"]
    login = Person(case).get("/login/")
    for cookie in login.headers.get_all("Set-Cookie") or []:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


IN_PRODUCTION = """
import django
django.setup()
from django.conf import settings
from django.test import Client
plain_files = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.STORAGES["staticfiles"]["BACKEND"] = plain_files  # collectstatic did not run
client = Client(HTTP_HOST="portal.techmart.example")
plain = client.get("/uploads/")
assert (plain.status_code, plain["Location"][:8]) == (301, "https://"), plain
secure = client.get("/healthz", HTTP_X_FORWARDED_PROTO="https")
assert secure.status_code == 200
assert secure["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
assert settings.SESSION_COOKIE_HTTPONLY and settings.CSRF_COOKIE_HTTPONLY
assert Client(HTTP_HOST="evil.example").get("/login/", secure=True).status_code == 400
assert Client(HTTP_HOST="10.0.3.17:8000").get("/healthz").status_code == 200
"""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-c", IN_PRODUCTION], id="answers"),
        pytest.param(
            ["manage.py", "check", "--deploy", "--fail-level", "WARNING"], id="check_deploy"
        ),
    ],
)
def test_a_deployment_is_closed(arguments: list[str]) -> None:
    done = subprocess.run(
        ["deploy/as_in_production", sys.executable, *arguments],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_a_login_is_locked_for_user_and_address(case: Case) -> None:
    """Repeated wrong passwords lock out this address only (test_login.py tests other addresses;
    here the real server answers)."""
    login = {"username": "othervendor", "password": "wrong"}
    stranger = Person(case, "admin")
    stranger.post("/logout/", {}, form="/admin/password_change/")
    statuses = [stranger.post("/login/", login).status for _ in range(7)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert Person(case).get("/uploads/").status == 200  # another user at the same address
    case.world.rows("DELETE FROM axes_accessattempt")


def test_the_reference_reads_what_the_payload_file_says(case: Case) -> None:
    """Payloads do not change the result of a file."""
    rows = [row | {"product_name": PAYLOAD} for row in case.rows(20, bad=5)]
    sent = case.drop(rows)
    assert sent.expected == expected_of(csv_bytes(rows), case.vendor())
    case.settle()
    check(case)
