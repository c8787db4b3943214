"""What vendors' programs hear, and what happens when they do not answer."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.core import mail
from django.db import connections, transaction
from django.db.models import F
from django.utils.timezone import now
from standardwebhooks import WebhookVerificationError

from imports import actions, tasks
from imports.execution import deliveries
from imports.execution.lease import Fenced
from imports.maintenance import dead_webhooks
from imports.models import Upload, WebhookDelivery, WebhookEndpoint
from imports.webhooks import connection, endpoints, events, sending, signing
from tests.conftest import drive
from tests.imports.webhooks.receiver import Heard, Receiver
from tests.onboarding.conftest import wait_for_a_lock
from tests.product_files import good_row
from vendors.models import Vendor

Run = Callable[..., Upload]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("categories")]


@pytest.fixture
def endpoint(vendor_a: Vendor, alice: Any, receiver: Receiver) -> WebhookEndpoint:
    """All events go to the receiver; its ping is over."""
    created = endpoints.create(
        vendor_a, url=receiver.url, chosen=WebhookEndpoint.Event.values, by=alice
    )
    sending.send_due()
    receiver.heard.clear()
    WebhookDelivery.objects.all().delete()
    return created


def secret_of(endpoint: WebhookEndpoint) -> str:
    return signing.secret_of(endpoint.seed)


def only_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("endpoint").get()


def one_is_due(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A delivery that is tried more than once, as all but pings are."""
    tasks_before = set(WebhookDelivery.objects.values_list("pk", flat=True))
    events.say(
        WebhookEndpoint.Event.FINISHED, f"u{len(tasks_before)}", {}, vendor_id=endpoint.vendor_id
    )
    return WebhookDelivery.objects.exclude(pk__in=tasks_before).get()


def make_due() -> None:
    WebhookDelivery.objects.exclude(next_attempt_at=None).update(next_attempt_at=now())


def test_a_new_address_gets_a_ping_that_others_can_verify(
    vendor_a: Vendor, alice: Any, receiver: Receiver
) -> None:
    created = endpoints.create(vendor_a, url=receiver.url, chosen=["upload.finished"], by=alice)
    sending.send_due()
    [heard] = receiver.heard
    assert heard.verified(secret_of(created)) == {
        "type": "ping",
        "timestamp": heard.verified(secret_of(created))["timestamp"],
        "data": {"vendor_id": "VEND001"},
    }
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"] == "TechMart-Webhooks/1"
    with pytest.raises(WebhookVerificationError):
        heard.verified(signing.secret_of("another"))
    delivery = only_delivery()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)


def test_an_import_is_said_when_its_file_arrives_and_when_it_ends(
    endpoint: WebhookEndpoint, receiver: Receiver, run_upload: Run
) -> None:
    upload = run_upload([good_row(1), good_row(2, price="free")])
    sending.send_due()
    received, finished = sorted(
        (heard.verified(secret_of(endpoint)) for heard in receiver.heard),
        key=lambda said: said["type"] == "upload.finished",
    )
    assert received["type"] == "upload.received"
    about = {
        "upload_id": upload.upload_id,
        "vendor_id": "VEND001",
        "dataset": "products",
        "mode": "create",
        "only_check": False,
        "undoes": None,
        "corrects": None,
        "file_name": upload.file_name,
        "received_at": received["data"]["received_at"],
        "upload_url": f"{project.PORTAL_URL}/uploads/{upload.upload_id}/",
        "api_url": f"{project.PORTAL_URL}/api/v1/uploads/{upload.upload_id}",
    }
    assert received["data"] == about
    counts = {"total": 2, "valid": 1, "error": 1, "created": 1}
    others = ("skipped", "updated", "unchanged", "deactivated", "removed", "warned")
    assert finished["data"] == about | {
        "run": 1,
        "status": "partial",
        "failure_code": None,
        **{f"{name}_records": count for name, count in counts.items()},
        **{f"{name}_records": 0 for name in others},
        "held_for": [],
        "ended_at": finished["data"]["ended_at"],
    }
    assert finished["type"] == "upload.finished"
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_rejected_file_a_retry_and_an_undo_have_events_of_their_own(
    endpoint: WebhookEndpoint, receiver: Receiver, run_upload: Run, alice: Any
) -> None:
    refused = run_upload("not,the,columns\n1,2,3\n", file_name="wrong.csv")
    actions.retry(refused.upload_id, by=alice)
    imported = run_upload([good_row(1)])
    undo = actions.undo(imported.upload_id, by=alice)
    drive()
    sending.send_due()
    said = [json.loads(heard.body) for heard in receiver.heard]
    ends = {
        (each["type"], each["data"]["upload_id"], each["data"]["run"])
        for each in said
        if each["type"] != "upload.received"
    }
    assert ends == {
        ("upload.refused", refused.upload_id, 1),
        ("upload.refused", refused.upload_id, 2),
        ("upload.finished", imported.upload_id, 1),
        ("upload.undone", undo.upload_id, 1),
    }


def test_others_hear_nothing(
    endpoint: WebhookEndpoint, receiver: Receiver, run_upload: Run, vendor_b: Vendor, bob: Any
) -> None:
    """Another vendor's address; one that has not chosen the event; one that is off."""
    chosen = WebhookEndpoint.Event.values
    endpoints.create(vendor_b, url=receiver.url + "/b", chosen=chosen, by=bob)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(events=["upload.undone"])
    off = endpoints.create(endpoint.vendor, url=receiver.url + "/off", chosen=chosen, by=bob)
    endpoints.switch_off(off, WebhookEndpoint.Off.BY_PERSON)
    run_upload([good_row(1)])
    sending.send_due()
    assert [json.loads(heard.body)["type"] for heard in receiver.heard] == ["ping"]
    assert receiver.heard[0].path == "/hooks/b"


def test_a_body_is_small_also_with_the_longest_names(
    endpoint: WebhookEndpoint, run_upload: Run
) -> None:
    upload = run_upload([good_row(1)])
    for field in upload._meta.get_fields():
        if field.name.endswith("_records"):
            setattr(upload, field.name, 2_000_000_000)
    upload.file_name = '"' * 146 + ".csv"
    upload.vendor_id = "V" * 50
    upload.undoes_id = upload.corrects_id = upload.upload_id
    upload.failure_code = "N" * 30
    made = events.delivery_of(endpoint, "upload.received", "x", events.outcome(upload))
    assert len(made.body.encode()) < 2_000


def test_ten_attempts_in_three_days_with_one_id(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.answers(500)
    one_is_due(endpoint)
    pauses = []
    for attempt in range(1, sending.MOST_ATTEMPTS + 1):
        before = now()
        sending.send_due()
        delivery = only_delivery()
        assert (delivery.attempts, delivery.status) == (attempt, 500)
        assert delivery.last_error == "The address answered 500."
        if delivery.next_attempt_at:
            pauses.append((delivery.next_attempt_at - before).total_seconds())
        make_due()
    assert delivery.state == "failed"
    sending.send_due()
    assert len(receiver.heard) == 10
    assert {heard.message_id for heard in receiver.heard} == {delivery.message_id}
    assert {heard.body for heard in receiver.heard} == {delivery.body.encode()}
    assert all(
        usual <= pause < usual * 1.1 + 5
        for usual, pause in zip(sending.PAUSES, pauses, strict=True)
    )
    assert 75 < sum(sending.PAUSES) / 3600 < 76


def test_each_attempt_is_signed_at_its_own_time(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs refuse messages of more than five minutes ago."""
    receiver.answers(500, 204)
    delivery = one_is_due(endpoint)
    monkeypatch.setattr(sending, "now", lambda: now() - timedelta(minutes=6))
    sending.send_due()
    monkeypatch.undo()
    make_due()
    sending.send_due()
    late, fresh = receiver.heard
    with pytest.raises(WebhookVerificationError, match="old"):
        late.verified(secret_of(endpoint))
    assert fresh.verified(secret_of(endpoint))["type"] == delivery.type
    assert only_delivery().state == "delivered"


@pytest.mark.parametrize(
    ("status", "asked", "pause"),
    [
        (503, "600", 600),
        (429, "3", 5),
        (500, "600", 5),
        (503, "soon", 5),
        (503, "99999999999", 24 * 3600),
        (503, "-1", 5),
    ],
)
def test_an_address_may_ask_for_patience(
    endpoint: WebhookEndpoint, receiver: Receiver, status: int, asked: str, pause: int
) -> None:
    receiver.answers(status, Retry_After=asked)
    one_is_due(endpoint)
    before = now()
    sending.send_due()
    due = only_delivery().next_attempt_at
    assert due is not None
    assert pause <= (due - before).total_seconds() < pause * 1.1 + 2


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_every_other_answer_is_a_failure(
    endpoint: WebhookEndpoint, receiver: Receiver, status: int
) -> None:
    receiver.answers(status, Location=receiver.url)
    one_is_due(endpoint)
    sending.send_due()
    assert (only_delivery().state, only_delivery().status) == ("pending", status)
    assert len(receiver.heard) == 1


def test_an_address_that_is_gone_is_switched_off_and_its_person_hears_of_it_once(
    endpoint: WebhookEndpoint, receiver: Receiver, run_upload: Run
) -> None:
    receiver.answers(410)
    waiting = one_is_due(endpoint)
    WebhookDelivery.objects.filter(pk=waiting.pk).update(
        next_attempt_at=F("next_attempt_at") + timedelta(hours=1)
    )
    one_is_due(endpoint)
    sending.send_due()
    endpoint.refresh_from_db()
    assert (endpoint.off, endpoint.off_at is not None) == ("gone", True)
    assert not WebhookDelivery.objects.exclude(state="failed", next_attempt_at=None).exists()
    run_upload([good_row(1)])
    mail.outbox.clear()
    for _ in range(2):
        dead_webhooks.warn_of_dead_webhooks()
    [sent] = mail.outbox
    assert sent.to == ["alice@people.example"]
    assert sent.subject == f"We switched off your webhook {endpoint.url}"
    assert "answered 410 Gone" in sent.body
    assert "/account/webhooks/" in sent.body
    # Its person has left: the vendor's contact hears of it.
    WebhookEndpoint.objects.update(warned_at=None)
    endpoint.vendor.members.all().delete()
    dead_webhooks.warn_of_dead_webhooks()
    assert mail.outbox[-1].to == ["imports@clicky.example"]
    assert WebhookDelivery.objects.count() == 2, "what happens while it is off is not said"


def test_five_days_without_an_arrival_switch_an_address_off(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    """One arrival ends the count."""
    receiver.answers(500)
    one_is_due(endpoint)
    sending.send_due()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    ages = WebhookEndpoint.objects.filter(pk=endpoint.pk)

    ages.update(failing_since=now() - timedelta(days=6))
    receiver.answers(204)
    make_due()
    sending.send_due()
    assert WebhookEndpoint.objects.filter(off="", failing_since=None).exists()

    receiver.answers(500)
    for days, off in ((4.9, ""), (5.1, "dead")):
        ages.update(failing_since=now() - timedelta(days=days))
        one_is_due(endpoint)
        sending.send_due()
        endpoint.refresh_from_db()
        assert endpoint.off == off
    dead_webhooks.warn_of_dead_webhooks()
    assert "The address answered 500." in mail.outbox[-1].body

    endpoints.switch_on(endpoint)
    receiver.answers(204)
    one_is_due(endpoint)
    sending.send_due()
    endpoint.refresh_from_db()
    assert endpoint.is_on


def test_while_a_secret_is_replaced_both_sign(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    first = secret_of(endpoint)
    endpoints.replace_secret(endpoint)
    endpoint.refresh_from_db()
    second = secret_of(endpoint)
    one_is_due(endpoint)
    sending.send_due()
    assert receiver.heard[0].verified(first) == receiver.heard[0].verified(second)

    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(earlier_until=now())
    one_is_due(endpoint)
    sending.send_due()
    assert receiver.heard[1].verified(second)
    with pytest.raises(WebhookVerificationError):
        receiver.heard[1].verified(first)


def test_a_ping_is_tried_once(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.answers(500)
    events.ping(endpoint)
    sending.send_due()
    assert (only_delivery().state, only_delivery().attempts) == ("failed", 1)


def test_what_has_arrived_or_failed_can_be_sent_again_with_the_same_id(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    delivery = one_is_due(endpoint)
    assert not endpoints.send_again(delivery), "it is on its way"
    sending.send_due()
    assert endpoints.send_again(delivery)
    sending.send_due()
    first, second = receiver.heard
    assert first.message_id == second.message_id
    assert first.body == second.body
    endpoints.switch_off(endpoint, WebhookEndpoint.Off.BY_PERSON)
    assert not endpoints.send_again(delivery), "the address is off"


def test_a_lost_worker_changes_nothing(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    """One that was believed dead, and wakes up."""
    one_is_due(endpoint)
    lost = sending.claim()
    assert lost is not None
    assert sending.claim() is None, "another worker has it"
    make_due()
    sending.send_due()
    settled = only_delivery()
    sending.record(lost, sending.Attempt(1.0, connection.Answer(500)))
    assert (only_delivery().state, only_delivery().status) == ("delivered", 204)
    assert only_delivery().token == settled.token
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    with pytest.raises(Fenced):
        deliveries.lock(lost)


def test_workers_that_are_lost_again_and_again_give_up(endpoint: WebhookEndpoint) -> None:
    one_is_due(endpoint)
    for _ in range(sending.MOST_ATTEMPTS):
        assert sending.claim() is not None
        make_due()
    assert sending.claim() is None
    assert (only_delivery().state, only_delivery().last_error) == (
        "failed",
        "Every worker that sent it was lost.",
    )


def test_what_breaks_is_one_attempt_of_one_delivery(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours does not stop the others."""
    real = connection.post

    def post(url: str, *args: Any, **kwargs: Any) -> connection.Answer:
        if url.endswith("/bad"):
            raise RuntimeError("a defect")
        return real(url, *args, **kwargs)

    monkeypatch.setattr(connection, "post", post)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=receiver.url + "/bad")
    one_is_due(endpoint)
    endpoints.create(endpoint.vendor, url=receiver.url, chosen=[], by=endpoint.created_by)
    sending.send_due()
    broken = WebhookDelivery.objects.exclude(type="ping").get()
    assert (broken.state, broken.last_error) == ("pending", "RuntimeError: a defect")
    assert len(receiver.heard) == 1


def test_an_address_that_hangs_delays_no_other(
    endpoint: WebhookEndpoint, receiver: Receiver, settings: Any
) -> None:
    """It has some of the threads, never all of them."""
    settings.WEBHOOK_ANSWER_SECONDS = 60
    others: list[Heard] = []
    hanging: list[Heard] = []
    may_answer = threading.Event()

    def orders(heard: Heard) -> tuple[int, dict[str, str]]:
        if heard.path.endswith("/slow"):
            hanging.append(heard)
            may_answer.wait(60)
        else:
            others.append(heard)
            if len(others) == 30:
                may_answer.set()
        return 204, {}

    receiver.orders = orders
    fast = endpoints.create(
        endpoint.vendor, url=receiver.url, chosen=["upload.finished"], by=endpoint.created_by
    )
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=receiver.url + "/slow")
    for number in range(29):
        events.say(WebhookEndpoint.Event.FINISHED, f"{number}", {}, vendor_id=endpoint.vendor_id)
    while WebhookDelivery.objects.filter(next_attempt_at__lte=now()).exists():
        sending.send_due()  # the next slice, as its hint says
    assert len(others) == 30
    assert not WebhookDelivery.objects.filter(endpoint=fast).exclude(state="delivered").exists()
    assert len(hanging) == 29
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_the_log_of_an_address_ends(endpoint: WebhookEndpoint) -> None:
    for number in range(endpoints.KEPT_OF_ENDPOINT + 5):
        events.say(WebhookEndpoint.Event.FINISHED, f"{number}", {}, vendor_id=endpoint.vendor_id)
        WebhookDelivery.objects.filter(subject=str(number)).update(
            created_at=now() - timedelta(hours=400 - number), state="failed", next_attempt_at=None
        )
    WebhookDelivery.objects.filter(subject="0").update(state="pending", next_attempt_at=now())
    tasks.clean_up()
    kept = set(WebhookDelivery.objects.values_list("subject", flat=True))
    assert kept == {"0", *(str(n) for n in range(5, endpoints.KEPT_OF_ENDPOINT + 5))}


def test_a_vendor_has_ten_at_most(endpoint: WebhookEndpoint) -> None:
    for _ in range(endpoints.MOST_OF_VENDOR - 1):
        endpoints.create(endpoint.vendor, url=endpoint.url, chosen=[], by=endpoint.created_by)
    with pytest.raises(endpoints.TooManyWebhooks):
        endpoints.create(endpoint.vendor, url=endpoint.url, chosen=[], by=endpoint.created_by)


def test_a_webhook_deleted_while_a_message_is_in_progress_is_gone(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    """Its worker finds out that nothing is to be recorded; others go on."""
    one_is_due(endpoint)

    receiver.answers(500)
    claimed = sending.claim()
    assert claimed is not None
    ended = sending.attempt(claimed, sending.headers_of(claimed))
    endpoints.delete(endpoint)
    sending.record(claimed, ended)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
    endpoints.delete(endpoint)  # in another window
    assert not endpoints.send_again(claimed)
    with pytest.raises(endpoints.SwitchedOff):
        endpoints.ping(endpoint)


@pytest.mark.django_db(transaction=True)
def test_a_webhook_deleted_while_an_import_ends_breaks_neither(
    vendor_a: Vendor, alice: Any, receiver: Receiver
) -> None:
    """The deletion waits until the deliveries are stored, and deletes them, too."""
    created = endpoints.create(vendor_a, url=receiver.url, chosen=["upload.finished"], by=alice)

    def delete() -> None:
        try:
            endpoints.delete(created)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            events.say(WebhookEndpoint.Event.FINISHED, "u", {}, vendor_id=vendor_a.pk)
            deletion = other.submit(delete)
            wait_for_a_lock()
        deletion.result(30)
    assert not WebhookDelivery.objects.exists()
    with ThreadPoolExecutor(1) as other:
        again = endpoints.create(vendor_a, url=receiver.url, chosen=["upload.finished"], by=alice)
        with transaction.atomic():
            WebhookEndpoint.objects.select_for_update().get(pk=again.pk).delete()

            def say() -> None:
                try:
                    with transaction.atomic():
                        event = WebhookEndpoint.Event.FINISHED
                        events.say(event, "v", {}, vendor_id=vendor_a.pk)
                finally:
                    connections.close_all()

            said = other.submit(say)
            wait_for_a_lock()
        said.result(30)
    assert not WebhookDelivery.objects.exists()
