"""The account: choices, address, password, time zone; several vendors; what each role can do."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from imports.models import Upload
from onboarding.middleware import after_response
from tests.admin.conftest import make_product
from tests.conftest import PASSWORD, person
from tests.onboarding.api.conftest import Program
from tests.onboarding.conftest import Browse, good_file, make_upload, send, text_of
from vendors import team, tokens
from vendors.access import READ_PRODUCTS, READ_UPLOADS, SEND_UPLOADS, WEBHOOKS
from vendors.models import ApiToken, Member, Person, Vendor
from vendors.people import time_zones

CHOICES = {"name": "Alice Ames", "time_zone": "Asia/Kolkata", "emails": "problems"}


@pytest.fixture
def both(bob: User, vendor_a: Vendor) -> User:
    """Bob, who is also an uploader of Alice's vendor."""
    Member.objects.create(user=bob, vendor=vendor_a, role="uploader")
    return bob


def switch(client: Client, vendor_id: str, **more: str) -> Any:
    return client.post("/account/vendor/", {"vendor": vendor_id, **more})


def test_times_are_those_of_the_person_and_days_too(as_alice: Client, vendor_a: Vendor) -> None:
    late = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
    make_upload(1, vendor_a, upload_timestamp=late)
    page = text_of(as_alice.get("/uploads/"))
    assert "20 Nov 2026, 20:15" in page
    assert "All times are in UTC." in page
    assert as_alice.post("/account/", CHOICES).status_code == 302
    page = text_of(as_alice.get("/uploads/?since=2026-11-21&until=2026-11-21"))
    assert "21 Nov 2026, 01:45" in page
    assert "All times are in Asia/Kolkata." in page
    assert "data-upload" not in text_of(as_alice.get("/uploads/?until=2026-11-20"))
    for far in ("0001-01-01", "9999-12-31"):
        assert as_alice.get(f"/uploads/?since={far}&until={far}").status_code == 200
    # Those of the next person, in the same thread, are hers.
    assert "All times are in" not in text_of(Client().get("/help/products/"))


def test_choices_are_kept_and_what_is_no_choice_is_refused(as_alice: Client, alice: User) -> None:
    as_alice.post("/account/", CHOICES)
    found = Person.objects.get(user=alice)
    assert (found.time_zone, found.emails) == ("Asia/Kolkata", "problems")
    assert "Alice Ames" in text_of(as_alice.get("/account/"))
    for wrong in ({"time_zone": "Mars/Base"}, {"time_zone": "Etc/GMT+3"}, {"emails": "some"}):
        assert as_alice.post("/account/", {**CHOICES, **wrong}).status_code == 422
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= {*time_zones()}


def test_a_new_address_counts_once_its_link_was_opened(
    as_alice: Client, alice: User, bob: User, browse: Browse, mailoutbox: list[Any]
) -> None:
    User.objects.filter(pk=alice.pk).update(username=alice.email)  # as after an invitation
    new = {"email": "Alice@New.example", "password": PASSWORD}
    for wrong, words in (
        ({"password": "wrong"}, "current password is not correct"),
        ({"email": "BOB@people.example"}, "another account has it"),
        ({"email": alice.email}, "your address already"),
    ):
        answer = as_alice.post("/account/email/", {**new, **wrong})
        assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert as_alice.post("/account/email/", new).status_code == 302
    after_response.wait()
    [mail] = mailoutbox
    assert mail.to == ["alice@new.example"]
    [link] = re.findall(r"https?://[^/\s]+(/account/email/\S+)", mail.body)
    assert browse(bob).post(link).status_code == 410  # a link of someone else
    assert "alice@new.example" in text_of(as_alice.get(link))
    alice.refresh_from_db()
    assert alice.email == "alice@people.example"
    assert "now alice@new.example" in text_of(as_alice.post(link, follow=True))
    alice.refresh_from_db()
    assert (alice.username, alice.email) == ("alice@new.example", "alice@new.example")
    after_response.wait()
    assert mailoutbox[1].to == ["alice@people.example"]
    assert as_alice.post(link).status_code == 410
    assert as_alice.get("/account/").status_code == 200  # still logged in


def test_guessing_the_password_at_the_form_for_an_address_ends(as_alice: Client) -> None:
    for _ in range(5):
        as_alice.post("/account/email/", {"email": "x@new.example", "password": "guess"})
    answer = as_alice.post("/account/email/", {"email": "x@new.example", "password": PASSWORD})
    assert "Too many attempts" in text_of(answer)


def test_a_password_is_changed_with_every_rule_said_at_once(
    as_alice: Client, alice: User, browse: Browse
) -> None:
    elsewhere = browse(alice)
    wrong = {"old_password": "wrong", "new_password1": "12345678", "new_password2": "other"}
    page = text_of(as_alice.post("/account/password/", wrong))
    for words in (
        *("current password is not correct", "too common", "entirely numeric"),
        *("two passwords are not the same", "at least 8 characters"),
    ):
        assert words in page
    new = "a quite different 1 password"
    chosen = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert as_alice.post("/account/password/", chosen).status_code == 302
    assert as_alice.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_the_address_logs_in_too_and_failures_count_for_one_name(alice: User) -> None:
    for name in ("ALICE@people.example", " alice@people.example ", "alice"):
        login = Client().post("/login/", {"username": name, "password": PASSWORD})
        assert login.status_code == 302
    client = Client()
    for name in ("alice", "alice@people.example", "Alice@people.example", "alice", "alice"):
        client.post("/login/", {"username": name, "password": "wrong"})
    for name in ("alice", "alice@people.example"):
        assert client.post("/login/", {"username": name, "password": PASSWORD}).status_code == 429
    User.objects.create_user("other", "alice@people.example", PASSWORD)
    answer = Client().post("/login/", {"username": "alice@people.example", "password": PASSWORD})
    assert answer.status_code == 200  # two have it: none is meant


def test_who_works_for_two_vendors_sees_one_at_a_time(
    both: User, vendor_a: Vendor, vendor_b: Vendor, browse: Browse
) -> None:
    client = browse(both)
    theirs = make_upload(1, vendor_a, file_name="a.csv")
    mine = make_upload(2, vendor_b, file_name="b.csv")
    page = text_of(client.get("/uploads/"))  # the first membership
    assert ("b.csv" in page, "a.csv" in page) == (True, False)
    assert "Switch to Clicky Peripherals" in page
    # A link from an email, to a page of the other one.
    asked = client.get(f"/uploads/{theirs.pk}/")
    assert (asked.status_code, "page of Clicky Peripherals" in text_of(asked)) == (409, True)
    switched = switch(client, "VEND001", next=f"/uploads/{theirs.pk}/")
    assert switched["Location"] == f"/uploads/{theirs.pk}/"
    page = text_of(client.get("/uploads/"))
    assert ("b.csv" in page, "a.csv" in page) == (False, True)
    assert client.get(f"/products/{make_product(vendor_b, 1).pk}/").status_code == 409
    assert switch(client, "VEND003").status_code == 403
    assert switch(client, "VEND002", next="https://evil.example/")["Location"] == "/"
    assert mine.pk in text_of(client.get("/uploads/"))
    # The vendor that was chosen is left: the other one is next.
    team.remove(Member.objects.get(user=both, vendor="VEND001"), by=both)
    assert client.get("/uploads/").status_code == 200
    assert "Switch to" not in text_of(client.get("/"))
    assert client.get(f"/uploads/{theirs.pk}/").status_code == 404


def test_a_form_that_was_opened_for_another_vendor_changes_nothing(
    both: User, browse: Browse
) -> None:
    client = browse(both)
    page = text_of(client.get("/uploads/new/"))
    assert 'name="for_vendor" value="VEND002"' in page
    assert "For Garden &amp; Grove" in page
    switch(client, "VEND001")  # in another window
    for said in ({"for_vendor": "VEND002"}, {}):
        answer = send(client, good_file(), **said)
        assert (answer.status_code, "Nothing was sent" in text_of(answer)) == (409, True)
        assert "Clicky Peripherals now" in text_of(answer)
    assert not Upload.objects.exists()
    assert send(client, good_file(), for_vendor="VEND001").status_code == 303
    assert Upload.objects.get().vendor_id == "VEND001"
    token = {"name": "t", "scopes": ["uploads:read"], "life": "30"}
    assert client.post("/account/tokens/", {**token, "for_vendor": "VEND002"}).status_code == 409
    assert client.post("/account/", CHOICES).status_code == 302  # is about the person


def test_a_viewer_sees_everything_and_no_button(
    lou: User, vendor_a: Vendor, browse: Browse
) -> None:
    client = browse(lou)
    upload = make_upload(1, vendor_a)
    product = make_product(vendor_a, 1)
    paths = ("/", "/uploads/", f"/uploads/{upload.pk}/", "/products/", f"/products/{product.pk}/")
    for path in (*paths, "/columns/", "/account/webhooks/", "/team/"):
        page = text_of(client.get(path))
        forms = re.findall(r'<form[^>]*method="post"[^>]*>', page)
        assert [form for form in forms if "/logout/" not in form] == [], path
        assert "/uploads/new/" not in page, path
    assert "ask an owner" in text_of(client.get("/uploads/new/"))
    page = text_of(client.get("/account/tokens/"))
    assert 'value="uploads:read"' in page
    assert 'value="uploads:write"' not in page
    chosen = {"name": "t", "life": "30"}
    for scope, status in ((SEND_UPLOADS, 422), (WEBHOOKS, 422), (READ_UPLOADS, 201)):
        assert client.post("/account/tokens/", {**chosen, "scopes": scope}).status_code == status
    mine = ApiToken.objects.get()
    assert client.post(f"/account/tokens/{mine.pk}/revoke/").status_code == 302


def test_a_token_does_what_its_person_may_in_its_vendor_today(
    uma: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    life = timedelta(days=1)
    made = tokens.create(vendor=vendor_a, name="t", scopes=tokens.SCOPES, life=life, by=uma)
    program = Program(made[1])
    make_upload(1, vendor_a)
    Member.objects.create(user=uma, vendor=vendor_b)
    Person.objects.create(user=uma, vendor=vendor_b)  # works for the other one at present
    me = program.get("/me").json()
    assert (me["vendor_id"], me["role"], me["vendor_is_active"]) == ("VEND001", "uploader", True)
    assert len(program.get("/uploads").json()["uploads"]) == 1
    assert program.send().status_code == 201
    Member.objects.filter(user=uma, vendor=vendor_a).update(role="viewer")
    assert program.get("/uploads").status_code == 200
    assert program.get("/me").json()["token"]["scopes"] == [READ_UPLOADS, READ_PRODUCTS]
    for refused in (program.send(), program.get("/webhooks")):
        assert (refused.status_code, refused.json()["code"]) == (403, "MISSING_SCOPE")
        assert "viewer" in refused.json()["detail"]
    since = datetime(2026, 11, 20, tzinfo=UTC)
    Vendor.objects.filter(pk="VEND001").update(is_active=False, deactivated_at=since)
    assert program.get("/uploads").json()["code"] == "INACTIVE_VENDOR"
    me = program.get("/me").json()
    assert (me["vendor_is_active"], me["vendor_deactivated_at"][:10]) == (False, "2026-11-20")
    Member.objects.filter(user=uma, vendor=vendor_a).delete()
    assert program.get("/me").json()["code"] == "INVALID_TOKEN"


def test_owners_say_who_is_a_member_and_the_last_one_stays(
    alice: User, uma: User, bob: User, vendor_a: Vendor, browse: Browse
) -> None:
    client, hers = browse(alice), browse(uma)
    own, other = alice.memberships.get(), uma.memberships.get()
    for path, data in ((f"/team/{own.pk}/", {"role": "viewer"}), (f"/team/{own.pk}/remove/", {})):
        assert "A company needs an owner" in text_of(client.post(path, data, follow=True))
    assert client.post(f"/team/{other.pk}/", {"role": "king"}).status_code == 422
    assert client.get(f"/team/{bob.memberships.get().pk}/").status_code == 404
    client.post(f"/team/{other.pk}/", {"role": "owner"})
    assert (
        hers.post("/team/invite/", {"to": "x@people.example", "role": "viewer"}).status_code == 302
    )
    assert "x@people.example" in text_of(hers.get("/team/"))
    # She leaves; her session goes on, and sees nothing.
    upload = make_upload(1, vendor_a, uploaded_by=uma)
    answer = hers.post(f"/team/{other.pk}/remove/", follow=True)
    assert "no longer a member of Clicky Peripherals" in text_of(answer)
    assert 'data-empty="no-vendor"' in text_of(answer)
    assert hers.get(f"/uploads/{upload.pk}/").status_code == 404
    assert hers.get("/team/").status_code == 403
    # And once more by someone who is no longer there.
    assert client.post(f"/team/{other.pk}/remove/").status_code == 404


def test_extra_recipients_are_a_few_addresses(as_alice: Client, vendor_a: Vendor) -> None:
    sent = {"addresses": "Team@clicky.example, boss@clicky.example\nteam@clicky.example"}
    assert as_alice.post("/team/recipients/", sent).status_code == 302
    vendor_a.refresh_from_db()
    assert vendor_a.extra_recipients == ["team@clicky.example", "boss@clicky.example"]
    for wrong, words in (
        ("no address at all", "is not an email address"),
        (" ".join(f"{n}@clicky.example" for n in range(6)), "5 or fewer"),
    ):
        answer = as_alice.post("/team/recipients/", {"addresses": wrong})
        assert (answer.status_code, words in text_of(answer)) == (422, True)
    as_alice.post("/team/recipients/", {"addresses": ""})
    vendor_a.refresh_from_db()
    assert vendor_a.extra_recipients == []


def test_emails_go_to_no_one_who_has_left(
    run_upload: Any, vendor_a: Vendor, mailoutbox: Any
) -> None:
    gone = person("gone", vendor_a, role="uploader")
    upload = run_upload("sku\n1", by=gone)
    Member.objects.filter(user=gone).delete()
    mailoutbox.clear()
    run_upload("sku\n2", by=gone)
    assert [mail.to for mail in mailoutbox] == [["imports@clicky.example"]]
    assert upload.notifications.get().to == "gone@people.example"


def test_every_form_that_acts_for_a_vendor_says_which() -> None:
    folder = Path(__file__).parents[3] / "onboarding/templates/onboarding"
    of_person = {
        *("login", "password_reset", "password_reset_confirm", "who", "other_vendor", "account"),
        *("password", "confirm_email", "invitation", "login_code", "confirm", "new_codes"),
        *("add_app", "remove_app", "add_passkey", "rename_passkey", "remove_passkey"),
    }
    with_forms = {path for path in folder.rglob("*.html") if "csrf_token" in path.read_text()}
    lacking = {
        path.stem
        for path in with_forms
        if path.read_text().count("{% csrf_token %}{% for_vendor %}")
        != path.read_text().count("{% csrf_token %}")
    }
    assert lacking == of_person


def test_pages_need_no_more_queries_than_before(
    as_alice: Client, django_assert_max_num_queries: Any
) -> None:
    # Session, user, memberships with vendor and choices; then the page's own.
    with django_assert_max_num_queries(3):
        as_alice.get("/account/")
