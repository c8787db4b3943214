"""The process that answers the API dies, and the program repeats its request with its key."""

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.faults.cases import Case
from tests.faults.world import HANG, wait_until
from tests.product_files import csv_bytes
from vendors.tokens import new_token


def token_of(case: Case) -> str:
    """A token of the case's vendor, whose person is the demo system's."""
    text = new_token()
    case.world.rows(
        "UPDATE vendor_members SET vendor_id = %s WHERE user_id = "
        "(SELECT id FROM auth_user WHERE username = 'vendor')",
        [case.vendor()],
    )
    case.world.rows(
        "INSERT INTO api_tokens (name, vendor_id, created_by_id, start, digest, scopes, expires_at)"
        " SELECT 'fault', %s, id, 'vop_', %s, ARRAY['uploads:read', 'uploads:write'],"
        " now() + interval '1 day' FROM auth_user WHERE username = 'vendor'",
        [case.vendor(), hashlib.sha256(text.encode()).hexdigest()],
    )
    return text


def send(case: Case, token: str, body: bytes, name: str) -> tuple[int, Any]:
    """Status and answer; 0 when the connection broke."""
    address = f"{case.world.env['PORTAL_URL']}/api/v1/uploads?file_name={name}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    headers["Idempotency-Key"] = name
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, body, headers), timeout=HANG) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except (OSError, http.client.HTTPException):
        return 0, None


@pytest.mark.parametrize("point", ["send.before_commit", "send.before_put", "send.after_put"])
def test_there_is_one_upload_wherever_it_was_killed(case: Case, point: str) -> None:
    token = token_of(case)
    body, name = csv_bytes(case.rows(20, bad=2)), f"{case.tag}.csv"
    case.world.order_death(point)
    assert send(case, token, body, name)[0] == 0

    def answered() -> Any:
        status, found = send(case, token, body, name)
        assert status in {0, 201, 409}, found
        return found if status == 201 else None

    found = wait_until("the request is answered", answered)
    uploads = "SELECT * FROM upload_history WHERE file_name = %s"
    wait_until(
        "the upload is done",
        lambda: all(each["step"] == "done" for each in case.world.rows(uploads, [name])),
        tell=case.how_it_stands,
    )
    (upload,) = case.world.rows(uploads, [name])
    assert upload["upload_id"] == found["upload_id"]
    assert (upload["valid_records"], upload["error_records"]) == (18, 2)
    status, again = send(case, token, body, name)
    assert (status, again["upload_id"]) == (201, upload["upload_id"])
