"""Users, vendors and functions for all tests.

Alice and Adam are owners of VEND001, Uma uploads for it, Lou only looks; Bob belongs to VEND002 and
must not see anything of VEND001.
`staff` may log in to the admin but has no permissions there, `reviewer` may see uploads and act on
them, `admin` may do everything.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models.functions import Now

from catalog.models import Category
from imports import pipeline
from imports.intake import s3_events
from imports.intake.receive import Arrival, object_arrived, open_upload, store
from imports.models import Notification, OutboxFile, Upload
from imports.notifications import due_mail
from imports.outbox import writing
from imports.people import sending as person_mail
from imports.storage import s3, staging
from tests.product_files import NEVER_HELD, csv_bytes
from tests.services import IS_MIGRATED
from vendors.models import Member, Vendor

PASSWORD = "correct horse battery staple"

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "steady", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, pytestconfig: pytest.Config
) -> None:
    """The database of the tests begins as a copy of the one that has all migrations."""
    if pytestconfig.stash[IS_MIGRATED]:
        database = settings.DATABASES["default"]
        database["TEST"]["TEMPLATE"] = database["NAME"]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """A fast password hash, because the tests create many users."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def vendor_a(db: None) -> Vendor:
    return Vendor.objects.create(
        vendor_id="VEND001", name="Clicky Peripherals", contact_email="imports@clicky.example"
    )


@pytest.fixture
def vendor_b(db: None) -> Vendor:
    return Vendor.objects.create(
        vendor_id="VEND002", name="Garden & Grove", contact_email="imports@grove.example"
    )


def person(name: str, vendor: Vendor | None = None, role: str = "owner", **rights: bool) -> User:
    user = User.objects.create_user(name, f"{name}@people.example", PASSWORD, **rights)
    if vendor is not None:
        Member.objects.create(user=user, vendor=vendor, role=role)
    return user


@pytest.fixture
def alice(vendor_a: Vendor) -> User:
    return person("alice", vendor_a)


@pytest.fixture
def adam(vendor_a: Vendor) -> User:
    return person("adam", vendor_a)


@pytest.fixture
def uma(vendor_a: Vendor) -> User:
    return person("uma", vendor_a, role="uploader")


@pytest.fixture
def lou(vendor_a: Vendor) -> User:
    return person("lou", vendor_a, role="viewer")


@pytest.fixture
def bob(vendor_b: Vendor) -> User:
    return person("bob", vendor_b)


@pytest.fixture
def staff(db: None) -> User:
    return person("staff", is_staff=True)


@pytest.fixture
def reviewer(db: None) -> User:
    user = person("reviewer", is_staff=True)
    user.groups.add(Group.objects.get(name="Reviewers"))
    return user


@pytest.fixture
def admin(db: None) -> User:
    return person("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def categories(db: None) -> list[str]:
    names = ["Audio", "Books", "Computer Accessories", "Home & Kitchen"]
    Category.objects.bulk_create([Category(name=name) for name in names])
    return names


@pytest.fixture
def run_upload(vendor_a: Vendor, categories: list[str]) -> Callable[..., Upload]:
    """Import a file through S3, staging and all steps, in this process; returns its upload."""

    def run(
        data: bytes | str | list[dict[str, str]],
        *,
        vendor: Vendor = vendor_a,
        mode: str = "create",
        only_check: bool = False,
        file_name: str = "products.csv",
        by: User | None = None,
    ) -> Upload:
        upload = arrived(
            data, vendor=vendor, mode=mode, only_check=only_check, file_name=file_name, by=by
        )
        drive()
        upload.refresh_from_db()
        return upload

    return run


@pytest.fixture
def never_held(vendor_a: Vendor) -> None:
    """The vendor's products may change in any way."""
    Vendor.objects.filter(pk=vendor_a.pk).update(hold=NEVER_HELD)


@pytest.fixture
def row_by_row(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is a batch of its own."""
    settings.BATCH_ROWS = 1
    monkeypatch.setattr(staging, "ROWS_PER_ITEM", 1)


@pytest.fixture
def quiet_events() -> None:
    """An events queue without messages from earlier tests."""
    s3_events.client().purge_queue(QueueUrl=settings.EVENTS_QUEUE_URL)


def arrived(
    data: bytes | str | list[dict[str, str]],
    *,
    vendor: Vendor | None,
    dataset: str = "products",
    mode: str = "create",
    only_check: bool = False,
    file_name: str = "products.csv",
    by: User | None = None,
) -> Upload:
    """An upload whose object is stored and whose event has been received, before any processing."""
    body = csv_bytes(data)
    upload = open_upload(
        vendor=vendor,
        dataset=dataset,
        mode=mode,
        only_check=only_check,
        file_name=file_name,
        size=len(body),
        by=by,
    )
    store(upload, BytesIO(body))
    event_arrives(upload)
    return upload


def event_arrives(upload: Upload) -> None:
    """The event of the upload's object is received."""
    stored = s3.client().head_object(Bucket=upload.s3_bucket, Key=upload.s3_key)
    object_arrived(
        Arrival(upload.s3_bucket, upload.s3_key, stored["VersionId"], stored["ContentLength"])
    )
    upload.refresh_from_db()


def drive() -> None:
    """Process everything that is due."""
    import_due()
    send_due()


def import_due() -> None:
    """What import workers do."""
    while pipeline.advance():
        pass


def send_due() -> None:
    """What the mail worker does."""
    answer_due()
    for kind in person_mail.KINDS:
        while kind.objects.filter(next_attempt_at__lte=Now()).exists():
            person_mail.send_next(kind)
    while Notification.objects.filter(next_attempt_at__lte=Now()).exists():
        due_mail.send_next()


def answer_due() -> None:
    """The part of it that writes answers in outboxes."""
    while OutboxFile.objects.filter(next_attempt_at__lte=Now()).exists():
        writing.write_next()


def report_text(upload: Upload) -> str:
    """The text of the error report, without its byte order mark."""
    answer = s3.client().get_object(
        Bucket=settings.S3_BUCKET,
        Key=upload.error_file_s3_key,
        VersionId=upload.error_file_version,
    )
    return answer["Body"].read().decode("utf-8-sig")
