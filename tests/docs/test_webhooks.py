"""docs/webhooks.md: its programs verify real messages, its example is what is sent, its numbers are
those of the code."""

import base64
import hmac
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User

from imports.models import Upload, WebhookDelivery, WebhookEndpoint
from imports.webhooks import connection, endpoints, events, examples, programs, sending, signing
from onboarding.help.webhook_guide import PROGRAMS, messages
from tests.docs.pages import ROOT, blocks, section, table
from tests.imports.webhooks.receiver import Receiver, receiving
from tests.product_files import good_row
from vendors.models import Vendor

PAGE = ROOT / "docs" / "webhooks.md"
EXAMPLE = ROOT / "docs" / "examples" / "receive_webhooks.py"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("categories")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def example() -> Iterator[Callable[[str], Any]]:
    """Starts the receiver of the page with a secret; what it prints is read line by line."""
    started: list[subprocess.Popen[str]] = []

    def start(secret: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, str(EXAMPLE), "0"],
                env={"PATH": os.environ["PATH"], "SECRET": secret},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_receiver_hears_each_message_once(
    example: Any, run_upload: Any, vendor_a: Vendor, alice: User
) -> None:
    endpoint = endpoints.create(
        vendor_a,
        url="https://shop.example.com/",
        chosen=WebhookEndpoint.Event.values,
        by=alice,
    )
    process = example(signing.secret_of(endpoint.seed))
    port = process.stdout.readline().split()[-1]
    WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{port}/")
    sending.send_due()
    assert process.stdout.readline() == "a ping\n"
    upload = run_upload([good_row(1), good_row(2, price="free")])
    sending.send_due()
    wrong = run_upload("not,the,columns\n1,2,3\n", file_name="wrong.csv")
    for delivery in endpoint.deliveries.filter(upload=upload):
        endpoints.send_again(delivery)
    sending.send_due()
    ids = upload.upload_id, wrong.upload_id
    assert process.stdout.readline() == f"{ids[0]} is partial: valid 1, rejected 1\n"
    assert process.stdout.readline() == f"{ids[1]} was rejected: MISSING_COLUMNS\n"
    assert set(WebhookDelivery.objects.values_list("state", "status")) == {("delivered", 204)}

    for headers in ({"webhook-signature": "x"}, {"content-length": "x"}):
        sender = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
        ours = {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.time()))}
        sender.request("POST", "/", b"{}", headers={"webhook-signature": "v1,x"} | ours | headers)
        assert sender.getresponse().status in (400, 411)
        sender.close()

    WebhookEndpoint.objects.update(seed=signing.new_seed())  # not the program's secret
    endpoints.ping(endpoint)
    sending.send_due()
    assert endpoint.deliveries.order_by("-pk")[0].status == 400


def test_each_program_verifies_a_message(
    receiver: Receiver, vendor_a: Vendor, alice: User, tmp_path: Path
) -> None:
    endpoint = endpoints.create(vendor_a, url=receiver.url, chosen=["upload.undone"], by=alice)
    endpoints.replace_secret(endpoint)  # two signatures
    sending.send_due()
    (heard,) = receiver.heard
    secret, headers, body = signing.secret_of(endpoint.seed), dict(heard.headers), heard.body
    code = {program.key: program.code for program in PROGRAMS}
    names: dict[str, Any] = {}
    exec(code["package"], names)
    assert names["verified"](secret, headers, body)["type"] == "ping"
    exec(code["python"], names)
    assert names["is_genuine"](secret, headers, body)
    assert names["is_genuine"](signing.secret_of(endpoint.earlier_seed), headers, body)
    assert not names["is_genuine"](signing.secret_of("another"), headers, body)
    assert not names["is_genuine"](secret, headers, body + b" ")
    assert not names["is_genuine"](secret, headers | {"webhook-timestamp": "1"}, body)
    (tmp_path / "body.json").write_bytes(body)
    done = subprocess.run(
        ["bash", "-c", code["shell"]],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "SECRET": secret,
            "WEBHOOK_ID": heard.message_id,
            "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"v1,{done.stdout.strip()}" in headers["webhook-signature"].split()


ODD = ("", " ", "\u00b2", "-1", "1e9", "9" * 5_000, "v1,", "v1,é", "\udce9", "v1,\u20ac v2,x", ",")


def test_the_programs_in_python_never_raise() -> None:
    """An odd header is a message that is not genuine, not an error of the receiver."""
    names: dict[str, Any] = {}
    exec(programs.IN_PYTHON, names)
    exec(programs.WITH_LIBRARY, names)
    is_genuine, verified = names["is_genuine"], names["verified"]
    sent_at = str(int(time.time()))
    key = base64.b64decode(programs.SECRET.removeprefix(signing.PREFIX))
    signature = base64.b64encode(hmac.digest(key, f"msg_1.{sent_at}.x".encode(), "sha256")).decode()
    right = {
        "Webhook-Id": "msg_1",
        "webhook-timestamp": sent_at,
        "WEBHOOK-SIGNATURE": f"v1,other v1a,x v1,{signature}",
    }
    assert is_genuine(programs.SECRET, right, b"x") is True
    for name in right:
        missing = {key: value for key, value in right.items() if key != name}
        assert is_genuine(programs.SECRET, missing, b"x") is False
        for odd in ODD:
            assert is_genuine(programs.SECRET, right | {name: odd}, b"x") is False
            assert verified(programs.SECRET, right | {name: odd}, b"x") is None
    assert is_genuine(programs.SECRET, {}, b"\xff") is False


def test_the_page_has_the_programs_and_the_examples_of_the_code() -> None:
    found = [block.text for block in blocks(PAGE)]
    for program in PROGRAMS:
        assert program.code in found
    shown = [text for text in found if text.startswith("{\n  ") and '"timestamp"' in text]
    ours = {
        body.replace(project.PORTAL_URL, "https://portal.techmart.example") + "\n"
        for _key, _title, body in messages()
    }
    assert len(shown) == 3
    assert set(shown) < ours


def test_an_example_has_what_a_message_has(
    run_upload: Callable[..., Upload], vendor_a: Vendor, alice: User
) -> None:
    made = examples.messages()
    assert made.keys() == {*WebhookEndpoint.Event.values, "ping"}
    upload = run_upload([good_row(1)])
    for key, data in (
        ("upload.received", events.about(upload)),
        ("upload.finished", events.outcome(upload)),
    ):
        assert list(made[key]["data"]) == list(data)
    assert events.event_of(upload) == "upload.finished"


def test_the_page_has_the_numbers_of_the_code() -> None:
    listed = [row[0].strip("`") for row in table(section(PAGE, "Events"))]
    assert listed == [*WebhookEndpoint.Event.values, "ping"]
    text = " ".join(PAGE.read_text().split())
    said = f"Ten attempts in {sending.WHOLE_HOURS} hours"
    assert f"**{said}**" in text
    assert said in " ".join((ROOT / "docs" / "flow.md").read_text().split())
    assert sending.MOST_ATTEMPTS == endpoints.MOST_OF_VENDOR == 10
    pauses = re.search(r"with pauses of (.*?), each", text)
    assert pauses is not None
    seconds = {"s": 1, "min": sending.MINUTE, "h": sending.HOUR}
    found = [int(n) * seconds[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", pauses[1])]
    assert tuple(found) == sending.PAUSES
    assert f"none within {project.WEBHOOK_ANSWER_SECONDS} s" in text
    assert f"`{sending.USER_AGENT}`" in text
    assert f"at most {connection.MAX_URL} ASCII characters" in text
    assert f"the newest {endpoints.KEPT_OF_ENDPOINT} messages" in text
    assert (signing.BOTH_SIGN_FOR.days, sending.DEAD_AFTER.days) == (1, 5)
    assert sending.MAX_PATIENCE_SECONDS == 24 * sending.HOUR
