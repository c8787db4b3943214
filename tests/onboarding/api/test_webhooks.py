"""Webhooks by the API."""

import json
from typing import Any

import pytest

from imports.models import WebhookDelivery, WebhookEndpoint
from imports.webhooks import endpoints, events, sending, signing
from tests.imports.webhooks.receiver import receiving
from tests.onboarding.api.conftest import Program
from vendors.models import IdempotencyKey, Vendor

ASKED = {"url": "https://shop.example.com/hooks", "events": ["upload.refused", "upload.finished"]}
KEY = {"Idempotency-Key": "a"}


def added(program: Program, **more: Any) -> dict[str, Any]:
    answer = program.post("/webhooks", {**ASKED, **more})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_program_adds_tries_changes_and_deletes_a_webhook(program: Program) -> None:
    with receiving() as receiver:
        made = program.post("/webhooks", {**ASKED, "url": receiver.url})
        webhook = made.json()
        assert made["Location"] == f"/api/v1/webhooks/{webhook['id']}"
        assert webhook["events"] == ["upload.finished", "upload.refused"]
        path = f"/webhooks/{webhook['id']}"
        read = program.get(path)
        assert read.json() == {k: v for k, v in webhook.items() if k in read.json()}
        assert "secret" not in read.content.decode()
        sending.send_due()
        first = receiver.heard[0].verified(webhook["secret"])
        pinged = program.post(f"{path}/ping").json()
        assert program.post(f"{path}/ping").json() == pinged  # the same one
        assert pinged["state"] == "pending"
        receiver.answers(500)
        sending.send_due()
        followed = program.get(f"{path}/deliveries/{pinged['message_id']}").json()
        assert (followed["state"], followed["status"]) == ("failed", 500)
        assert followed["body"]["type"] == first["type"] == "ping"
        again = program.post(f"{path}/deliveries/{pinged['message_id']}/send-again")
        assert (again.status_code, again.json()["state"]) == (200, "pending")
        refused = program.post(f"{path}/deliveries/{pinged['message_id']}/send-again")
        assert (refused.status_code, refused.json()["code"]) == (409, "NOT_POSSIBLE")
        receiver.answers(204)
        sending.send_due()
        assert [each.message_id for each in receiver.heard[1:]] == [pinged["message_id"]] * 2
    off = program.ask("PATCH", path, {"on": False, "events": ["upload.undone"]}).json()
    assert (off["on"], off["off_reason"], off["events"]) == (False, "by_person", ["upload.undone"])
    assert off["url"] == webhook["url"]
    assert program.post(f"{path}/ping").json()["code"] == "NOT_POSSIBLE"
    on = program.ask("PATCH", path, {"on": True, "url": ASKED["url"]}).json()
    assert (on["on"], on["off_reason"], on["url"]) == (True, None, ASKED["url"])
    assert program.ask("DELETE", path).status_code == 204
    for method, end in (("DELETE", ""), ("PATCH", ""), ("POST", "/ping"), ("POST", "/secret")):
        assert program.ask(method, path + end, {}).status_code == 404
    assert program.get("/webhooks").json() == {"webhooks": []}


def test_a_request_repeated_with_its_key_gets_its_secret_which_is_not_stored(
    program: Program,
) -> None:
    first, again = (program.post("/webhooks", ASKED, headers=KEY) for _ in range(2))
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    endpoint = WebhookEndpoint.objects.get()
    assert first.json()["secret"] == signing.secret_of(endpoint.seed)
    path = f"/webhooks/{endpoint.pk}/secret"
    other = {"Idempotency-Key": "b"}
    replaced = [program.post(path, headers=other).json() for _ in range(2)]
    assert replaced[0] == replaced[1]
    seed = endpoint.seed
    endpoint.refresh_from_db()
    assert endpoint.earlier_seed == seed  # once
    assert replaced[0]["secret"] == signing.secret_of(endpoint.seed) != first.json()["secret"]
    assert replaced[0]["earlier_signs_until"]
    assert set(IdempotencyKey.objects.values_list("answer", flat=True)) == {None}
    endpoint.delete()
    assert program.post("/webhooks", ASKED, headers=KEY).status_code == 404
    assert program.post("/webhooks", {**ASKED, "events": ["ping"]}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"url": "http://192.0.2.1:x/"}, "body/url"),
        ({"url": "https://10.0.0.1/"}, "body/url"),
        ({"url": "x" * 501}, "body/url"),
        ({"events": ["ping"]}, "body/events/0"),
        ({"events": []}, "body/events"),
        ({"secret": "mine"}, "body/secret"),
        ({"url": None}, "body/url"),
    ],
)
def test_what_is_wrong_is_named(program: Program, asked: Any, pointer: str) -> None:
    answer = program.post("/webhooks", {**ASKED, **asked})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not WebhookEndpoint.objects.exists()


def test_a_vendor_has_ten(program: Program) -> None:
    for number in range(endpoints.MOST_OF_VENDOR):
        added(program, url=f"https://shop.example.com/{number}")
    answer = program.post("/webhooks", ASKED, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_WEBHOOKS")
    assert len(program.get("/webhooks").json()["webhooks"]) == endpoints.MOST_OF_VENDOR
    WebhookEndpoint.objects.all()[0].delete()
    assert program.post("/webhooks", ASKED, headers=KEY).status_code == 201


def test_the_log_is_read_in_parts_while_messages_are_added(
    program: Program, vendor_a: Vendor
) -> None:
    webhook = added(program)
    endpoint = WebhookEndpoint.objects.get()
    WebhookDelivery.objects.all().delete()

    def add(name: str, state: str) -> None:
        made = events.delivery_of(endpoint, "upload.finished", name, {})
        made.end(state)
        made.save()

    for number in range(7):
        add(f"{number}", "failed" if number % 2 else "delivered")
    path = f"/webhooks/{webhook['id']}/deliveries"
    found, cursor = [], ""
    for _ in range(3):
        part = program.get(f"{path}?limit=3{cursor}").json()
        found += [each["message_id"] for each in part["deliveries"]]
        cursor = f"&cursor={part['next_cursor']}"
        add(f"new {len(found)}", "delivered")
    assert part["next_cursor"] is None
    expected = WebhookDelivery.objects.filter(subject__in=map(str, range(7)))
    assert found == list(expected.values_list("message_id", flat=True))
    assert len(program.get(f"{path}?state=failed").json()["deliveries"]) == 3
    assert program.get(f"{path}?state=lost").status_code == 422
    assert program.get(f"{path}?cursor=WyJ4IiwgInkiXQ").json()["code"] == "INVALID_CURSOR"
    assert json.dumps(part).count("body") == 0
