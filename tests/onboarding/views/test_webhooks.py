"""The pages of webhooks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from imports.models import Upload, WebhookDelivery, WebhookEndpoint
from imports.webhooks import endpoints, events, sending, signing
from imports.webhooks.connection import MAX_URL
from tests.imports.webhooks.receiver import Receiver, receiving
from tests.onboarding.conftest import Browse, make_upload, text_of
from vendors.models import Vendor

PAGE = "/account/webhooks/"
ADDRESS = "https://shop.example.com/hooks"
FORM = {"url": ADDRESS, "events": ["upload.finished", "upload.refused"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(vendor_a: Vendor, alice: User) -> WebhookEndpoint:
    return endpoints.create(vendor_a, url=ADDRESS, chosen=WebhookEndpoint.Event.values, by=alice)


def page_of(endpoint: WebhookEndpoint) -> str:
    return f"{PAGE}{endpoint.pk}/"


def test_a_new_webhook_shows_its_secret_once_and_gets_a_ping(
    as_alice: Client, alice: User, receiver: Receiver
) -> None:
    assert "No webhooks yet" in text_of(as_alice.get(PAGE))
    made = as_alice.post(PAGE, {**FORM, "url": f" {receiver.url} "}, follow=True)
    endpoint = WebhookEndpoint.objects.get()
    secret = signing.secret_of(endpoint.seed)
    assert made.redirect_chain == [(page_of(endpoint), 302)]
    assert "no-store" in made["Cache-Control"]
    assert secret in text_of(made)
    assert 'http-equiv="refresh"' not in text_of(made)  # it would take the secret away
    assert (endpoint.url, endpoint.created_by) == (receiver.url, alice)
    assert endpoint.events == FORM["events"]
    again = text_of(as_alice.get(page_of(endpoint)))
    assert secret not in again
    assert endpoint.seed not in again

    waiting = re.search(r'hx-get="(\?seen=[^"]+)"', again)
    assert waiting is not None
    asked = page_of(endpoint) + waiting[1].replace("&amp;", "&")
    assert as_alice.get(asked, headers={"HX-Request": "true"}).status_code == 204
    sending.send_due()
    assert receiver.heard[0].verified(secret)["type"] == "ping"
    polled = text_of(as_alice.get(asked, headers={"HX-Request": "true"}))
    assert 'data-delivery="ping" data-state="delivered"' in polled
    assert "Ping: Delivered" in polled
    assert "hx-get" not in polled
    assert "<html" not in polled


def test_what_is_wrong_is_said_beside_the_field(as_alice: Client) -> None:
    longest = ADDRESS + "/" + "x" * (MAX_URL - len(ADDRESS) - 1)
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"url": ""}, "Enter the address"),
        ({"url": "ftp://shop.example.com"}, "must begin with https://"),
        ({"url": "https://10.0.0.1/"}, "must have the name of a host"),
        ({"url": "https://u:p@shop.example.com/"}, "username or password"),
        ({"url": longest + "x"}, "at most 500"),
        ({"events": []}, "Choose at least one event"),
        ({"events": ["ping"]}, "Select a valid choice"),
    ]
    for wrong, words in wrongs:
        answer = as_alice.post(PAGE, {**FORM, **wrong})
        field = next(iter(wrong))
        assert answer.status_code == 422
        assert f'<a href="#id_{field}">' in text_of(answer)
        assert words in text_of(answer).split(f'id="{field}-error">')[1].split("</p>")[0]
    assert not WebhookEndpoint.objects.exists()
    as_alice.post(PAGE, {**FORM, "url": longest})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.url == longest
    refused = as_alice.post(page_of(endpoint), {**FORM, "url": "nothing"})
    assert refused.status_code == 422
    assert "must begin with https://" in text_of(refused)
    as_alice.post(page_of(endpoint), {**FORM, "events": ["upload.undone"]})
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == (ADDRESS, ["upload.undone"])


def test_a_double_click_adds_one_webhook_and_shows_its_secret(as_alice: Client) -> None:
    first, second = as_alice.post(PAGE, FORM), as_alice.post(PAGE, FORM)
    endpoint = WebhookEndpoint.objects.get()
    assert first["Location"] == second["Location"]
    assert signing.secret_of(endpoint.seed) in text_of(as_alice.get(second["Location"]))
    WebhookEndpoint.objects.update(created_at=now() - timedelta(minutes=1))
    as_alice.post(PAGE, FORM)
    assert WebhookEndpoint.objects.count() == 2  # meant


def test_the_eleventh_webhook_is_refused(as_alice: Client) -> None:
    for number in range(endpoints.MOST_OF_VENDOR):
        assert as_alice.post(PAGE, {**FORM, "url": f"{ADDRESS}/{number}"}).status_code == 302
    answer = as_alice.post(PAGE, FORM)
    assert answer.status_code == 422
    assert "You have 10 webhooks, which is the limit" in text_of(answer)


def test_a_second_click_does_not_replace_the_secret_again(
    as_alice: Client, browse: Browse, adam: User, endpoint: WebhookEndpoint
) -> None:
    """It would end the secret that programs have."""
    first = endpoint.seed
    address = f"{page_of(endpoint)}secret/"
    present = as_alice.get(address).context["present"]
    shown = as_alice.post(address, {"present": present}, follow=True)
    endpoint.refresh_from_db()
    assert endpoint.earlier_seed == first
    assert endpoint.seed != first
    new = signing.secret_of(endpoint.seed)
    assert new in text_of(shown)
    assert "signed with the earlier secret, too" in text_of(shown)
    for client in (as_alice, browse(adam)):
        assert new in text_of(client.post(address, {"present": present}, follow=True))
    endpoint.refresh_from_db()
    assert (endpoint.earlier_seed, signing.secret_of(endpoint.seed)) == (first, new)
    assert "stops working now" in text_of(as_alice.get(address))


def test_it_is_switched_off_and_on_and_deleted(as_alice: Client, endpoint: WebhookEndpoint) -> None:
    page = page_of(endpoint)
    for _ in range(2):  # in two windows
        as_alice.post(f"{page}off/")
    shown = text_of(as_alice.get(page))
    assert "Switched off by a person" in shown
    assert 'data-state="failed"' in shown  # what was waiting
    assert "hx-get" not in shown
    assert "Switch it on first" in text_of(as_alice.post(f"{page}ping/", follow=True))
    delivery = endpoint.deliveries.get()
    again = f"{page}deliveries/{delivery.pk}/send-again/"
    assert "or the webhook is off" in text_of(as_alice.post(again, follow=True))
    as_alice.post(f"{page}on/")
    as_alice.post(again)
    assert endpoint.deliveries.get().state == "pending"
    as_alice.post(f"{page}ping/")
    assert endpoint.deliveries.count() == 1  # one is on its way
    assert "Delete this webhook?" in text_of(as_alice.get(f"{page}delete/"))
    assert as_alice.post(f"{page}delete/", follow=True).status_code == 200
    assert not WebhookEndpoint.objects.exists()
    for end in ("", "delete/", "secret/", "off/", "ping/"):  # in another window
        assert as_alice.post(page + end, FORM).status_code == 404


@pytest.mark.parametrize(
    ("off", "words"),
    [("gone", "answered 410 Gone"), ("dead", "nothing arrived for five days"), ("", "since")],
)
def test_its_state_is_said_in_words(
    as_alice: Client, endpoint: WebhookEndpoint, off: str, words: str
) -> None:
    WebhookEndpoint.objects.update(off=off, off_at=now() if off else None, failing_since=now())
    for page in (PAGE, page_of(endpoint)):
        assert words in text_of(as_alice.get(page))
    as_alice.post(page_of(endpoint), {**FORM, "url": ADDRESS + "/new"})
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None  # of the earlier address


def test_the_log_has_the_newest_two_hundred_in_pages_by_state(
    as_alice: Client,
    endpoint: WebhookEndpoint,
    vendor_a: Vendor,
    django_assert_max_num_queries: Any,
) -> None:
    name = "<script>alert(1)</script>.csv"
    upload = make_upload(1, vendor_a, file_name=name)
    endpoint.deliveries.all().delete()
    page = page_of(endpoint)
    assert "Nothing was sent yet" in text_of(as_alice.get(page))
    made = [
        events.delivery_of(endpoint, "upload.finished", str(n), events.outcome(upload), upload)
        for n in range(210)
    ]
    for each in made:
        each.end("delivered")
    made[0].queue()  # waits behind newer ones
    made[-1].state, made[-1].last_error = "failed", "The address answered 500 <b>."
    WebhookDelivery.objects.bulk_create(made)
    with django_assert_max_num_queries(10):
        first = text_of(as_alice.get(page))
    assert first.count("data-delivery=") == 25
    assert "Page 1 of 8" in first
    assert "<script>alert" not in first
    assert "&lt;script&gt;alert(1)" in first
    assert "500 &lt;b&gt;" in first
    failed = text_of(as_alice.get(f"{page}?state=failed"))
    assert failed.count("data-delivery=") == 1
    assert text_of(as_alice.get(f"{page}?state=pending")).count("data-delivery=") == 1
    WebhookDelivery.objects.filter(pk=made[0].pk).delete()
    assert "No delivery is in this state" in text_of(as_alice.get(f"{page}?state=pending"))
    assert text_of(as_alice.get(f"{page}?state=x&page=99")).count("data-delivery=") == 25
    Upload.objects.all().delete()
    assert "Nothing was sent yet" in text_of(as_alice.get(page))


def test_another_vendor_finds_nothing_and_a_colleague_everything(
    browse: Browse, adam: User, bob: User, endpoint: WebhookEndpoint, vendor_b: Vendor
) -> None:
    assert "data-webhook=" in text_of(browse(adam).get(PAGE))
    assert "data-webhook=" not in text_of(browse(bob).get(PAGE))
    theirs = endpoints.create(vendor_b, url=ADDRESS, chosen=["upload.undone"], by=bob)
    delivery = endpoint.deliveries.get()
    for number in (endpoint.pk, theirs.pk):  # also not by an own webhook's address
        again = f"{PAGE}{number}/deliveries/{delivery.pk}/send-again/"
        assert browse(bob).post(again).status_code == 404
    assert browse(bob).get(f"{PAGE}{10**30}/").status_code == 404


def test_the_help_page_says_what_the_code_does(client: Client) -> None:
    page = text_of(client.get("/help/webhooks/"))
    for event in [*WebhookEndpoint.Event.values, "ping"]:
        assert f'id="{event}"' in page
    assert "10 times in 76 hours" in page
    assert "we wait 15 seconds" in page
    assert page.count("<li>5 minutes</li>") == 1
    assert "removed_records" in page
