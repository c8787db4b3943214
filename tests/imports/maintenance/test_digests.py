"""Daily digests: at 8:00 where the person is, about each run once."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from imports import actions, tasks
from imports.maintenance.digests import last_eight, make_digests
from imports.models import Alarm, Digest, DigestRun, Notification, Upload
from imports.notifications import email
from imports.notifications.mail_events import MailEvent, apply
from imports.people import summary
from tests.admin.conftest import make_upload
from tests.conftest import drive, person, send_due
from tests.product_files import good_row
from vendors import people
from vendors.models import Member, Person, Vendor

Run = Callable[..., Upload]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEXT_EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def ended(by: User, vendor: Vendor, at: datetime = NOON, **fields: Any) -> Upload:
    """A run that has ended, and is reported."""
    number = Upload.objects.count()
    upload = make_upload(f"UPLOAD_{number}", vendor, uploaded_by=by, completed_at=at, **fields)
    email.prepare(upload)
    return upload


@pytest.fixture
def reader(alice: User) -> User:
    people.choose(alice, emails="digest")
    return alice


@pytest.mark.parametrize(
    ("zone", "moment", "eight"),
    [
        ("UTC", "2026-11-23 07:59", "2026-11-22 08:00"),
        ("UTC", "2026-11-23 08:00", "2026-11-23 08:00"),
        ("Pacific/Auckland", "2026-11-22 19:00", "2026-11-22 19:00"),
        ("America/Los_Angeles", "2026-11-23 15:59", "2026-11-22 16:00"),
        ("Asia/Kolkata", "2026-11-23 03:00", "2026-11-23 02:30"),
        # The night to summer time has 23 hours, and the one from it 25.
        ("Europe/Berlin", "2026-03-29 05:59", "2026-03-28 07:00"),
        ("Europe/Berlin", "2026-03-29 06:00", "2026-03-29 06:00"),
        ("Europe/Berlin", "2026-10-25 06:59", "2026-10-24 06:00"),
        ("Europe/Berlin", "2026-10-25 07:00", "2026-10-25 07:00"),
    ],
)
def test_eight_where_the_person_is(zone: str, moment: str, eight: str) -> None:
    at, expected = (datetime.fromisoformat(f"{text}+00:00") for text in (moment, eight))
    assert last_eight(Person(time_zone=zone), at) == expected


def test_a_digest_lists_the_runs_that_have_ended_since_the_one_before(
    reader: User, run_upload: Run
) -> None:
    """A run that was retried is listed as it ended, whatever the next one did."""
    upload = run_upload([good_row(1), good_row(2, price="x")], by=reader, file_name="spring.csv")
    actions.retry(upload.upload_id, by=reader)
    drive()
    run_upload([good_row(3)], by=reader, file_name="check.csv", mode="check")
    assert not outbox.outbox
    tomorrow = datetime.now(UTC) + DAY
    assert make_digests(tomorrow) == 1
    assert make_digests(tomorrow) == 0
    send_due()
    message: Any = outbox.outbox[0]
    assert len(outbox.outbox) == 1
    assert message.to == [reader.email]
    assert message.subject == "3 uploads finished, 2 with problems"
    lines = message.body.splitlines()
    assert lines.index("- spring.csv (attempt 2): Partially imported, 1 imported, 1 rejected") < (
        lines.index("- spring.csv: Partially imported, 1 imported, 1 rejected")
    )
    assert "- check.csv: Check: Completed" in lines
    assert "  1 of 2 products imported. 1 row needs fixing." in lines
    assert message.body.count(f"/uploads/{upload.upload_id}/") == 2
    for text in (message.body, message.alternatives[0][0]):
        assert "/account/" in text
        assert "because you chose one email a day" in text
    assert make_digests(tomorrow + 2 * DAY) == 0, "days without runs"
    assert Digest.objects.get().state == "sent"


def test_the_sweep_makes_them(reader: User, vendor_a: Vendor) -> None:
    ended(reader, vendor_a, datetime.now(UTC) - 2 * DAY)
    tasks.clean_up()
    assert Digest.objects.get().runs.count() == 1


def test_a_digest_of_two_vendors_has_at_most_50_runs_problems_first(
    reader: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    Member.objects.create(user=reader, vendor=vendor_b)
    ended(reader, vendor_b, NOON - timedelta(hours=1))
    done = {"status": "completed", "valid_records": 10, "error_records": 0}
    for number in range(60):
        ended(reader, vendor_a, NOON + timedelta(minutes=number), **done)
    ended(reader, vendor_a, NOON - timedelta(hours=2), status="failed", failure_code="NOT_CSV")
    assert make_digests(NEXT_EIGHT) == 1
    digest = Digest.objects.select_related("user__person").get()
    with_most = summary.of(digest)
    assert with_most.headline == "62 uploads finished, 2 with problems"
    first, second = with_most.parts
    assert (first.title, first.headline) == (
        "Clicky Peripherals",
        "61 uploads finished, 1 with problems",
    )
    assert [line.run.status for line in first.lines[:2]] == ["failed", "completed"]
    assert (len(first.lines), first.more, len(second.lines), second.more) == (49, 12, 1, 0)
    assert first.lines[1].run.ended_at == NOON + timedelta(minutes=59), "then the newest"
    send_due()
    assert "and 12 more uploads: " in outbox.outbox[0].body


def test_who_left_or_wants_no_emails_any_more_gets_none(
    reader: User, vendor_a: Vendor, vendor_b: Vendor
) -> None:
    adam, uma, lou = (person(name, vendor_a) for name in ("adam", "uma", "lou"))
    for user in (reader, adam, uma, lou):
        people.choose(user, emails="digest")
        ended(user, vendor_a)
    Member.objects.create(user=reader, vendor=vendor_b)
    ended(reader, vendor_b)
    Member.objects.filter(user=reader, vendor=vendor_a).delete()  # keeps the other
    Member.objects.filter(user=adam).delete()
    User.objects.filter(pk=uma.pk).update(is_active=False)
    people.choose(lou, emails="none")
    assert make_digests(NEXT_EIGHT) == 1
    digest = Digest.objects.get()
    assert (digest.user, digest.runs.get().upload.vendor) == (reader, vendor_b)
    assert not DigestRun.objects.waiting().exists()
    people.choose(reader, emails="none")
    send_due()
    digest.refresh_from_db()
    assert (digest.state, outbox.outbox) == ("failed", []), "no longer wanted when it was sent"


def test_a_run_whose_end_was_seen_late_is_in_the_next_digest(
    reader: User, vendor_a: Vendor
) -> None:
    ended(reader, vendor_a)
    assert make_digests(NEXT_EIGHT) == 1
    late = ended(reader, vendor_a, NEXT_EIGHT - timedelta(seconds=1))
    assert make_digests(NEXT_EIGHT + timedelta(minutes=1)) == 0
    assert make_digests(NEXT_EIGHT + DAY) == 1
    assert Digest.objects.get(day=date(2026, 11, 24)).runs.get().upload == late


def test_a_bounced_digest_alarms_staff_once(reader: User, vendor_a: Vendor) -> None:
    for day in range(2):
        ended(reader, vendor_a, NOON + day * DAY)
        make_digests(NEXT_EIGHT + day * DAY)
        message_id = f"m-{day}"
        Digest.objects.filter(state="pending").update(state="sent", message_id=message_id)
        apply(MailEvent("Bounce", message_id, NOON, notification=0, series=0, reason="no user"))
    assert [each.state for each in Digest.objects.all()] == ["bounced", "bounced"]
    assert Alarm.objects.get().kind == Alarm.Kind.BOUNCED_MAIL


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_one(reader: User, vendor_a: Vendor) -> None:
    ended(reader, vendor_a)

    def sweep() -> int:
        try:
            return make_digests(NEXT_EIGHT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = [each.result() for each in [pool.submit(sweep) for _ in range(8)]]
    assert sum(made) == 1
    assert Digest.objects.get().runs.count() == 1
    assert not Alarm.objects.exists(), "no sweep has failed"


ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata")
WHO = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), WHO, st.sampled_from(["completed", "partial", "internal"])),
        st.tuples(st.just("choose"), WHO, st.sampled_from(Person.Emails.values)),
        st.tuples(st.just("move"), WHO, st.sampled_from(ZONES)),
        st.tuples(st.just("sweep"), st.integers(1, 40), st.none()),
    ),
    min_size=5,
    max_size=25,
)
FAILED_BY_US = {"status": "failed", "failure_code": "INTERNAL"}
ENDS: dict[str, dict[str, Any]] = {
    "completed": {"status": "completed", "valid_records": 10, "error_records": 0},
    "partial": {"status": "partial"},
    "internal": FAILED_BY_US,
}


@pytest.mark.django_db
@settings(max_examples=40)
@given(steps=STEPS, start=st.sampled_from(["2026-03-28", "2026-10-24", "2026-11-22"]))
def test_each_run_is_reported_once_at_once_or_in_one_digest(
    steps: list[tuple[str, int, Any]], start: str
) -> None:
    """Whatever people choose, wherever they are and whenever the sweeps come; also around the days
    on which the clocks change. Only who has chosen no emails since misses a digest."""
    with transaction.atomic():
        check(steps, datetime.fromisoformat(f"{start}T11:00:00+00:00"))
        transaction.set_rollback(True)


def check(steps: list[tuple[str, int, Any]], clock: datetime) -> None:
    users = [User.objects.create_user(name, f"{name}@people.example") for name in ("ann", "ben")]
    vendors = [Vendor.objects.create(vendor_id=f"V{number}", name="V") for number in range(2)]
    for user in users:
        people.choose(user, emails="all")
        Member.objects.bulk_create([Member(user=user, vendor=vendor) for vendor in vendors])
    expected: dict[str, str] = {}  # "email", "digest" or "", by the upload
    off_since: dict[int, int] = defaultdict(int)  # how many runs ended before the last "none"
    runs: list[tuple[User, Upload]] = []
    for what, number, how in steps:
        if what == "sweep":
            clock += timedelta(hours=number)
            make_digests(clock)
            continue
        user = users[number]
        if what == "run":
            clock += timedelta(minutes=1)
            user = User.objects.get(pk=user.pk)  # as a worker reads them
            upload = ended(user, vendors[len(runs) % 2], clock, **ENDS[how])
            runs.append((user, upload))
            choice = people.person_of(user).emails
            expected[upload.pk] = way(choice, how)
        else:
            people.choose(user, **{"emails" if what == "choose" else "time_zone": how})
            if how == "none":
                off_since[number] = len(runs)
    for day in range(1, 4):
        make_digests(clock + day * DAY)
    for position, (user, upload) in enumerate(runs):
        mails = Notification.objects.filter(upload=upload).count()
        listed = DigestRun.objects.filter(upload=upload, digest__isnull=False).count()
        may_be_dropped = position < off_since[users.index(user)]
        found = "email" * mails + "digest" * listed
        assert found == expected[upload.pk] or (may_be_dropped and not found), (position, found)
        assert not DigestRun.objects.exclude(user=user).filter(upload=upload).exists()
    assert not DigestRun.objects.waiting().exists()
    for digest in Digest.objects.all():
        assert digest.runs.exists()
        assert Digest.objects.filter(user=digest.user, day=digest.day).count() == 1


def way(choice: str, end: str) -> str:
    """How a run is reported to the person who has chosen this, written a second time."""
    if end == "internal" or choice == "all" or (choice == "problems" and end == "partial"):
        return "email"
    return "digest" if choice == "digest" else ""
