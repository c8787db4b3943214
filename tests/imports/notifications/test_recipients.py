"""Who gets the email about a run, and that each address gets one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from imports import actions
from imports.models import DigestRun, Notification, Upload
from imports.notifications import email
from tests.admin.conftest import make_upload
from tests.conftest import drive, person
from tests.product_files import good_row
from vendors import people
from vendors.models import Member, Vendor

Run = Callable[..., Upload]
ENDS: dict[str, dict[str, Any]] = {
    "completed": {"status": "completed", "valid_records": 10, "error_records": 0},
    "partial": {"status": "partial"},
    "failed": {"status": "failed", "valid_records": 0, "error_records": 10},
    "refused": {"status": "failed", "failure_code": "EMPTY_FILE"},
    "canceled": {"status": "cancelled"},
    "internal": {"status": "failed", "failure_code": "INTERNAL"},
    "never arrived": {"status": "failed", "failure_code": "NEVER_ARRIVED"},
}
OF_OURS = {"internal", "never arrived"}
EMAILED = {
    "all": set(ENDS),
    "problems": {"partial", "failed", "refused", *OF_OURS},
    "digest": OF_OURS,
    "none": OF_OURS,
}


def ended(number: int, vendor: Vendor | None, **fields: Any) -> Upload:
    return make_upload(f"UPLOAD_{number}", vendor, completed_at=now(), **fields)


def prepared(vendor: Vendor | None, **fields: Any) -> dict[str, str]:
    """Why each address gets an email."""
    mails = email.prepare(ended(1, vendor, **fields))
    assert Notification.objects.count() == len(mails) == len({each.to.lower() for each in mails})
    return {each.to: str(each.reason) for each in mails}


@pytest.mark.parametrize("choice", EMAILED)
def test_a_person_gets_the_emails_that_they_have_chosen(
    vendor_a: Vendor, alice: User, choice: str
) -> None:
    """What no page has announced is in an email for everyone, and then in no digest."""
    people.choose(alice, emails=choice)
    for number, (end, fields) in enumerate(ENDS.items()):
        upload = ended(number, vendor_a, uploaded_by=alice, **fields)
        mails = email.prepare(upload)
        assert [each.to for each in mails] == [alice.email] * (end in EMAILED[choice]), end
        in_digest = choice == "digest" and end not in OF_OURS
        assert DigestRun.objects.filter(user=alice, upload=upload).count() == in_digest, end


def test_staff_who_upload_for_a_vendor_get_it_and_the_vendor(
    vendor_a: Vendor, reviewer: User, alice: User, uma: User
) -> None:
    contact = {reviewer.email: "uploader", "imports@clicky.example": "contact"}
    assert prepared(vendor_a, uploaded_by=reviewer) == contact


def test_without_a_contact_its_owners_get_it_by_their_choices(
    vendor_a: Vendor, reviewer: User, alice: User, adam: User, uma: User
) -> None:
    Vendor.objects.update(contact_email="")
    vendor_a.refresh_from_db()
    people.choose(alice, emails="digest")
    gone = person("gone", vendor_a)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert prepared(vendor_a, uploaded_by=reviewer, status="completed") == {
        reviewer.email: "uploader",
        adam.email: "owner",
    }
    assert DigestRun.objects.get().user == alice


def test_extra_recipients_get_all_and_no_address_gets_two(vendor_a: Vendor, alice: User) -> None:
    """What a person has chosen goes before what the vendor has said about the same address."""
    vendor_a.extra_recipients = ["Team@Clicky.example", "ALICE@people.example"]
    vendor_a.save()
    mine = prepared(vendor_a, uploaded_by=alice)
    assert mine == {alice.email: "uploader", "Team@Clicky.example": "extra"}
    Notification.objects.all().delete()
    Upload.objects.all().delete()
    people.choose(alice, emails="none")
    alice = User.objects.get(pk=alice.pk)
    assert prepared(vendor_a, uploaded_by=alice) == {"Team@Clicky.example": "extra"}


def test_a_file_of_no_person_goes_to_the_contact_else_to_a_mailbox(
    vendor_a: Vendor, alice: User, settings: Any
) -> None:
    settings.NOTIFICATION_EMAILS = {"products": "products@techmart.example"}
    vendor_a.extra_recipients = ["imports@clicky.example", "team@clicky.example"]
    vendor_a.save()
    to_vendor = {"imports@clicky.example": "contact", "team@clicky.example": "extra"}
    assert prepared(vendor_a) == to_vendor
    for left, found in (
        ([], {"products@techmart.example": "mailbox"}),
        (None, {settings.NOTIFICATION_EMAIL: "staff"}),
    ):
        Notification.objects.all().delete()
        Upload.objects.all().delete()
        Vendor.objects.update(contact_email="", extra_recipients=[])
        vendor_a.refresh_from_db()
        if left is None:
            settings.NOTIFICATION_EMAILS = {}
        assert prepared(vendor_a) == found
    Member.objects.filter(user=alice).delete()
    Notification.objects.all().delete()
    Upload.objects.all().delete()
    left_us = prepared(vendor_a, uploaded_by=alice)
    assert left_us == {settings.NOTIFICATION_EMAIL: "staff"}, "she has left the vendor"


def test_each_address_gets_one_email_about_each_run(
    run_upload: Run, vendor_a: Vendor, alice: User
) -> None:
    """Each has a state of its own, and says why it was sent."""
    vendor_a.extra_recipients = ["team@clicky.example"]
    vendor_a.save()
    upload = run_upload([good_row(1), good_row(2, price="x")], by=alice)
    actions.retry(upload.upload_id, by=alice)
    drive()
    to = sorted(message.to[0] for message in outbox.outbox)
    assert to == [alice.email, alice.email, "team@clicky.example", "team@clicky.example"]
    hers, theirs = Notification.objects.filter(run=2).order_by("pk")
    assert "You get this email because you sent this file. Choose which emails" in hers.text_body
    assert "/account/" in hers.text_body
    assert "/account/" in hers.html_body
    assert "as an extra recipient of Clicky Peripherals. Owners can change" in theirs.text_body
    assert "/team/" in theirs.html_body
    email.prepare(upload)  # as if a worker did it once more
    assert Notification.objects.count() == 4
    old = Notification(upload=upload, run=2, to=alice.email)  # the version before, beside this one
    with pytest.raises(IntegrityError), transaction.atomic():
        old.save()


def test_an_email_is_sent_again_to_the_address_of_today(
    vendor_a: Vendor, reviewer: User, alice: User
) -> None:
    """But not to one that has an email about the run of its own."""
    vendor_a.extra_recipients = ["team@clicky.example"]
    vendor_a.save()
    prepared(vendor_a, uploaded_by=reviewer)
    Notification.objects.update(state=Notification.State.FAILED)
    mails = {each.reason: each.pk for each in Notification.objects.all()}
    Vendor.objects.update(contact_email="new@clicky.example")
    User.objects.filter(pk=reviewer.pk).update(email="re@people.example")
    for reason, to in (
        ("uploader", "re@people.example"),
        ("contact", "new@clicky.example"),
        ("extra", "team@clicky.example"),
    ):
        assert actions.send_mail_again(mails[reason], by=reviewer).to == to
    Notification.objects.update(state=Notification.State.FAILED)
    Vendor.objects.update(contact_email="Team@clicky.example")
    with pytest.raises(actions.NotPossible, match="Another email about this run"):
        actions.send_mail_again(mails["contact"], by=reviewer)
