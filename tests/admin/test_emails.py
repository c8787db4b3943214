"""What staff see of an email, and sending it again."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from imports.models import Action, Digest, Notification
from tests.admin.conftest import World, list_of, make_upload, page_of
from tests.admin.test_acting import said
from vendors.models import Member, Vendor

State = Notification.State


def make_mail(vendor: Vendor, upload_id: str, **fields: Any) -> Notification:
    fields = {"state": State.FAILED, "last_error": "550 no such user", **fields}
    return Notification.objects.create(
        upload=make_upload(upload_id, vendor),
        run=1,
        to="old@clicky.example",
        subject=f"About {upload_id}",
        text_body="text",
        html_body="html",
        **fields,
    )


@pytest.fixture
def mail(vendor_a: Vendor) -> Notification:
    return make_mail(vendor_a, "UPLOAD_1")


def test_an_email_is_sent_again_from_its_page(
    as_reviewer: Client, reviewer: User, mail: Notification
) -> None:
    page = as_reviewer.get(page_of(mail)).content.decode()
    assert "Send again" in page
    assert "It goes to imports@clicky.example." in page
    answer = as_reviewer.post(page_of(mail, "send_again"))
    assert answer["Location"] == page_of(mail)
    assert said(answer) == ["The email is being sent again."]
    mail.refresh_from_db()
    assert (mail.state, mail.to, mail.series) == (State.PENDING, "imports@clicky.example", 2)
    action = Action.objects.get(kind=Action.Kind.RESEND)
    assert (action.by, action.upload) == (reviewer, mail.upload)
    assert LogEntry.objects.get().get_change_message() == "Sent again to imports@clicky.example."
    assert "Send again" not in as_reviewer.get(page_of(mail)).content.decode()


def test_a_digest_is_shown_with_its_uploads(as_reviewer: Client, world: World) -> None:
    page = as_reviewer.get(page_of(world.digest)).content.decode()
    assert "1 upload finished, 1 with problems" in page
    assert "spring.csv" in page
    assert "20 Nov 2026, 18:30" in page, "in her time zone"
    listed = as_reviewer.get(list_of(Digest)).content.decode()
    assert "alice@people.example" in listed
    of_upload = as_reviewer.get(page_of(world.upload)).content.decode()
    assert "Run 1 in a daily digest" in of_upload
    Member.objects.all().delete()
    assert "may no longer read" in as_reviewer.get(page_of(world.digest)).content.decode()
    User.objects.update(is_superuser=False)
    as_reviewer.force_login(User.objects.create_user("sam", is_staff=True))
    assert as_reviewer.get(list_of(Digest)).status_code == 403


def test_several_are_sent_again_from_the_list(
    as_reviewer: Client, vendor_a: Vendor, mail: Notification
) -> None:
    bounced = make_mail(vendor_a, "UPLOAD_2", state=State.BOUNCED, bounce="transient")
    waiting = make_mail(vendor_a, "UPLOAD_3", state=State.PENDING)
    chosen = [row.pk for row in (mail, bounced, waiting)]
    answer = as_reviewer.post(
        list_of(mail), {"action": "send_again_selected", "_selected_action": chosen}
    )
    assert said(answer) == [
        "UPLOAD_3: This email is still being sent.",
        "2 emails are being sent again.",
    ]
    assert Action.objects.filter(kind=Action.Kind.RESEND).count() == 2


def test_only_who_may_act_on_uploads_sends_again(
    as_reviewer: Client, reviewer: User, client: Client, staff: User, mail: Notification
) -> None:
    client.force_login(staff)
    assert client.post(page_of(mail, "send_again")).status_code == 403
    assert as_reviewer.get(page_of(mail, "send_again")).status_code == 405
    mail.refresh_from_db()
    assert mail.state == State.FAILED


def test_the_list_and_the_upload_say_what_became_of_it(
    as_reviewer: Client, vendor_a: Vendor
) -> None:
    mail = make_mail(
        vendor_a, "UPLOAD_1", state=State.BOUNCED, bounce="permanent", last_error="Bounced: 550"
    )
    listed = as_reviewer.get(list_of(mail)).content.decode()
    assert "Bounced" in listed
    assert "Permanent" in listed
    page = as_reviewer.get(page_of(mail.upload)).content.decode()
    assert "Bounced (Permanent)" in page
    assert "to old@clicky.example" in page
    assert "Bounced: 550" in page
