"""The logs of a whole system, as CloudWatch receives them: IDs, but no other personal data."""

import json
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.demo_logins import DEMO_LOGINS
from imports.rules.people import age_on
from tests.faults.cases import Case
from tests.faults.checker import mails
from tests.faults.people import Person
from tests.faults.world import running, wait_until
from tests.product_files import csv_bytes, good_row

OURS = ("web", "forwarder", "worker", "maintenance", "mail", "webhooks", "beat")
IDS = {"upload_id", "vendor_id", "request_id"}
# Words that occur in imported and in rejected rows.
WORDS = ("Zzyzx", "Quuxley", "Frobnitz", "Xyzzyburg", "Plughover")
CLIENTS = """\
Name,Email,Company,Phone,Status
Zzyzx Quuxley,zzyzx@quuxley.example,Frobnitz Works,0421 555 7310,Active
,info@quuxley.example,Frobnitz Works,555 0199,Active
Zzyzx Quuxley,not an address of Quuxley,Frobnitz,4.94E+11,Sleeping
"""
CUSTOMERS = """\
customer_id,full_name,email,age,date_of_birth,phone_number,country
77001,Zzyzx Quuxley,zzyzx@quuxley.example,17,1984-07-09,5557310734,Xyzzyburg
77002,R2-Zzyzx,r2@quuxley.example,47,1977-05-25,5557310735,Germany
"""
PRODUCTS = [
    good_row(1, product_name="Plughover of Zzyzx", sku="PLUGHOVER-1"),
    good_row(2, product_name="Plughover", price="Plughover free", category="Plughovers"),
    good_row(3, sku="PLUGHOVER-1", description="by zzyzx@quuxley.example"),
]
PERSONAL = (*WORDS, "quuxley.example", "555 7310", "5557310", "PLUGHOVER")


@pytest.fixture(scope="module")
def case() -> Iterator[Case]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("the system under test needs /proc, as on Linux")
    # One process does all steps of an upload, because the lines of two may be in any order.
    with running(LOG_FORMAT="json", SLICE_SECONDS="60", LEASE_SECONDS="60") as world:
        yield Case(world)


@pytest.fixture(scope="module")
def sent(case: Case) -> set[str]:
    """A full run: all data sets with personal data, a file that fails with an internal error,
    logins, valid and invalid report links, a password reset. Returns all secrets that were sent."""
    found = {login["password"] for login in DEMO_LOGINS.values()} | {case.world.env["SECRET_KEY"]}
    put(case, "client-data/uploads/zzyzx-quuxley.csv", CLIENTS.encode())
    put(case, "customers/zzyzx-quuxley.csv", CUSTOMERS.encode())
    vendor = Person(case)
    page = vendor.send(csv_bytes(PRODUCTS), name="plughover.csv")
    upload_id = page.url.rstrip("/").rpartition("/")[2]
    three_are_done = "SELECT count(*) FROM upload_history WHERE step = 'done'"
    wait_until("all three are done", lambda: count(case, three_are_done) >= 3)

    [mail] = case.world.rows("SELECT * FROM notifications WHERE upload_id = %s", [upload_id])
    [link] = re.findall(r"/reports/[^\s]+", mail["text_body"])
    download = vendor.get(link)
    assert "Plughover" in download.text
    found |= {link.split("/")[2], re.findall(r"Signature=([^&]+)", download.url)[0]}
    assert vendor.get(f"/uploads/{upload_id}/correct.csv").status == 200

    forged = "a-forged-token"
    vendor.get(f"/reports/{forged}/"), vendor.get(f"/reports/{forged}/x")
    guess = secrets.token_hex()
    vendor.post("/login/", {"username": "zzyzx@quuxley.example", "password": guess})
    vendor.get("/logout/")
    reset = new_password(case, vendor)
    found |= {forged, guess, reset}

    admin = Person(case, "admin")
    assert admin.get("/admin/imports/upload/?q=zzyzx@quuxley.example").status == 200
    crash(case)
    return found


def put(case: Case, key: str, body: bytes) -> None:
    case.world.aws("s3").put_object(Bucket=case.world.bucket, Key=key, Body=body)


def count(case: Case, statement: str) -> int:
    [row] = case.world.rows(statement)
    return int(row["count"])


def new_password(case: Case, person: Person) -> str:
    """Request a password reset and follow the link; return its token."""
    case.world.rows("UPDATE auth_user SET email = 'zzyzx@quuxley.example' WHERE username = 'staff'")
    person.post("/password-reset/", {"email": "zzyzx@quuxley.example"})
    [path] = wait_until(
        "the email, which is sent after the answer",
        lambda: re.findall(r"/password-reset/\w+/[\w-]{20,}/", str(mails(case.world))),
    )
    assert person.get(path).status == 200
    return str(path).split("/")[3]


def crash(case: Case) -> None:
    """Violate a constraint that no rule checks: PostgreSQL's error quotes the whole row."""
    case.world.rows("ALTER TABLE dim_customer ADD CHECK (full_name !~ 'Frobnitz')")
    age = age_on(datetime.now(UTC).date(), date(2000, 1, 1))
    row = f"77003,Frobnitz Quuxley,f@quuxley.example,{age},2000-01-01,5557310736,Germany"
    put(case, "customers/plughover.csv", f"{CUSTOMERS.partition(chr(10))[0]}\n{row}\n".encode())
    gave_up = "SELECT count(*) FROM upload_history WHERE failure_code = 'INTERNAL'"
    wait_until("the upload fails", lambda: count(case, gave_up), tell=case.how_it_stands)


def lines(case: Case, name: str) -> list[str]:
    return [line for line in case.world.log(name).splitlines() if line.strip()]


@pytest.mark.parametrize("name", OURS)
def test_every_line_is_one_object_with_all_ids(case: Case, sent: set[str], name: str) -> None:
    found = lines(case, name)
    assert found
    for line in found:
        assert json.loads(line).keys() >= IDS, line


@pytest.mark.parametrize("name", OURS)
def test_no_line_contains_personal_data(case: Case, sent: set[str], name: str) -> None:
    for line in lines(case, name):
        assert not [word for word in PERSONAL if word.lower() in line.lower()], line
        assert not re.search(r"[\w.]+@[\w-]+\.\w+", line), line


@pytest.mark.parametrize("name", OURS)
def test_no_line_contains_a_secret(case: Case, sent: set[str], name: str) -> None:
    for line in lines(case, name):
        assert not [secret for secret in sent if secret in line], line
        assert "Signature" not in line


def test_every_step_of_an_upload_is_a_line_with_its_fields(case: Case, sent: set[str]) -> None:
    """As docs/operate.md says: an upload can be followed by its ID."""
    [partial] = case.world.rows(
        "SELECT upload_id FROM upload_history WHERE dataset = 'products' AND status = 'partial'"
    )

    def events_of(name: str) -> list[Any]:
        found = map(json.loads, lines(case, name))
        return [e for e in found if e["upload_id"] == partial["upload_id"] and "event" in e]

    # An end is logged after it is in the database.
    wait_until("its end is logged", lambda: any(e["event"] == "ended" for e in events_of("worker")))
    wait_until("all that is said about it is logged", lambda: len(events_of("mail")) >= 3)
    followed = [*events_of("forwarder"), *events_of("worker")]
    events = [line["event"] for line in followed]
    assert events == ["received", "staged", "loaded", "reported", "ended"]
    assert sorted(line["event"] for line in events_of("mail")) == [
        "answered",
        "answered",
        "emailed",
    ]
    loaded, ended = followed[2], followed[4]
    assert (loaded["rows_done"], loaded["rows_total"], loaded["dataset"]) == (3, 3, "products")
    assert (ended["status"], ended["valid"], ended["errors"]) == ("partial", 1, 2)


def test_a_refusal_is_a_line_with_its_code(case: Case, sent: set[str]) -> None:
    put(case, "csv/twice.csv", b"a,a\n1,2\n")
    has_ended = "SELECT upload_id FROM upload_history WHERE dataset = 'csv' AND step = 'done'"
    [upload] = wait_until("its end", lambda: case.world.rows(has_ended))

    def refusals() -> list[Any]:
        found = map(json.loads, lines(case, "worker"))
        return [line for line in found if line.get("event") == "refused"]

    [line] = wait_until("its refusal is logged", refusals)
    assert (line["code"], line["upload_id"]) == ("DUPLICATE_COLUMNS", upload["upload_id"])


def test_a_request_can_be_followed_into_the_worker(case: Case, sent: set[str]) -> None:
    web = [json.loads(line) for line in lines(case, "web")]
    [stored] = [line for line in web if line["message"].startswith("stored")]
    assert stored["request_id"]
    assert stored["upload_id"]
    same_request = [line for line in web if line["request_id"] == stored["request_id"]]
    assert any(line["message"].startswith("POST /uploads/new/ 303") for line in same_request)
    for name in ("forwarder", "worker"):
        worked: list[Any] = [json.loads(line) for line in lines(case, name)]
        assert [line for line in worked if line["upload_id"] == stored["upload_id"]]
