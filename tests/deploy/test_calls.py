"""The role of each process allows all calls to AWS that its code makes.

The emulator allows everything, so these tests record the calls and compare them with the role. They
do not see Celery's polls, which do not use boto3.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from botocore.client import BaseClient
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils.timezone import now

from deploy.aws.templates import Layout
from imports import datasets, tasks
from imports.intake import s3_events, schedules
from imports.maintenance import deliveries, erasure, missing_events, resume, retention, stray_files
from imports.models import Notification, OutboxFile, Schedule, Upload, WebhookEndpoint
from imports.monitoring.dead_letters import watch_dead_letters
from imports.monitoring.queues import client as queue_client
from imports.storage import s3
from imports.webhooks import signing
from onboarding.middleware import after_response
from tests.conftest import arrived, drive, import_due
from tests.deploy.test_permissions import may
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLES = Path(__file__).resolve().parents[2] / "imports" / "samples"
ROWS = [good_row(1), good_row(2, price="-1")]

Needed = set[tuple[str, str]]


def needed(service: str, operation: str, said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions that a call needs, each with its resource in the form of `named`."""
    if service == "s3":
        yield from of_s3(operation, said)
    elif service == "sqs":
        yield f"sqs:{operation}", queues()[said["QueueUrl"]]
    elif service == "dynamodb":
        for table in said.get("RequestItems") or [said["TableName"]]:
            yield f"dynamodb:{operation}", tables()[table]
    elif service in {"ses", "sesv2"}:
        yield f"ses:{operation}", "identity"
        if b"X-SES-CONFIGURATION-SET" in said["RawMessage"]["Data"]:
            yield f"ses:{operation}", "configuration-set"
    else:
        yield f"{service}:{operation}", "AlarmTopic" if service == "sns" else "?"


def of_s3(operation: str, said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    version = "Version" if "VersionId" in said else ""
    if operation == "ListObjectVersions":
        yield "s3:ListBucketVersions", "Bucket"
    elif operation == "ListObjectsV2":
        yield "s3:ListBucket", "Bucket"
    elif operation == "CopyObject":
        yield "s3:GetObjectVersion", f"Bucket/{said['CopySource']['Key']}"
        yield "s3:PutObject", f"Bucket/{said['Key']}"
        assert said["TaggingDirective"] == "REPLACE", "tags of the original need more"
    else:
        yield f"s3:{operation}{version}", f"Bucket/{said['Key']}"


def queues() -> dict[str, str]:
    names = {
        "EVENTS": "Events",
        "IMPORTS": "Imports",
        "MAINTENANCE": "Maintenance",
        "MAIL": "Mail",
        "MAIL_EVENTS": "MailEvents",
        "WEBHOOKS": "Webhooks",
    }
    return {
        **{getattr(settings, f"{key}_QUEUE_URL"): f"{name}Queue" for key, name in names.items()},
        **{
            getattr(settings, f"{key}_DEAD_LETTER_URL"): f"{name}DeadLetterQueue"
            for key, name in names.items()
        },
    }


def tables() -> dict[str, str]:
    return {
        settings.UPLOAD_RECORDS_TABLE: "UploadRecords",
        settings.CLIENTS_TABLE: "Clients",
        settings.CSV_DATA_TABLE: "CsvData",
    }


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A context in which every call to AWS is recorded and made."""
    clients: Any = BaseClient
    ask = clients._make_api_call

    @contextmanager
    def block() -> Iterator[Needed]:
        found: Needed = set()

        def note(client: Any, operation: str, said: dict[str, Any]) -> Any:
            found.update(needed(client.meta.service_model.service_name, operation, said))
            return ask(client, operation, said)

        with monkeypatch.context() as patched:
            patched.setattr(clients, "_make_api_call", note)
            yield found

    return block


def refused(layout: Layout, part: str, calls: Needed) -> Needed:
    """The calls that the role of the part does not allow."""
    allowed = may(layout, part)

    def fits(resource: str, pattern: str) -> bool:
        return fnmatch(resource, pattern) or f":{resource}/" in pattern

    return {
        (action, resource)
        for action, resource in calls
        if not any(fits(resource, pattern) for pattern in allowed.get(action, ()))
    }


@pytest.fixture(autouse=True)
def real_mail(settings: Any) -> None:
    """Send through SES, as outside tests."""
    settings.EMAIL_BACKEND = "django_ses.SESBackend"


@pytest.fixture
def standard(layouts: dict[str, Layout]) -> Layout:
    """The layout in which each part has its own role."""
    return layouts["standard"]


def drop(key: str, body: bytes) -> None:
    s3.put(settings.S3_BUCKET, key, body, "text/csv")


@pytest.fixture
def webhook(vendor_a: Vendor) -> WebhookEndpoint:
    """It hears of everything, at a host that there is not."""
    return WebhookEndpoint.objects.create(
        vendor=vendor_a,
        url="https://shop.invalid/",
        events=WebhookEndpoint.Event.values,
        seed=signing.new_seed(),
    )


def forward_all() -> None:
    while s3_events.forward_some(s3_events.client(), wait_seconds=1):
        pass


def test_the_forwarder(
    standard: Layout, noting: Callable[[], Any], webhook: WebhookEndpoint, quiet_events: None
) -> None:
    drop("uploads/VEND001/products.csv", csv_bytes(ROWS))
    with noting() as calls:
        forward_all()
    assert Upload.objects.count() == 1
    hinted = {resource for action, resource in calls if action == "sqs:SendMessage"}
    assert hinted == {"ImportsQueue", "MailQueue", "WebhooksQueue"}
    assert not refused(standard, "forwarder", calls)


def test_the_worker(
    standard: Layout,
    noting: Callable[[], Any],
    categories: list[str],
    webhook: WebhookEndpoint,
    quiet_events: None,
) -> None:
    for folder in SAMPLES.iterdir():
        for file in folder.iterdir():
            prefix = datasets.get(folder.name).prefix
            drop(
                f"{prefix}{'VEND001/' * (folder.name == 'products')}{file.name}", file.read_bytes()
            )
    drop("uploads/VEND999/products.csv", b"raises an alarm")
    forward_all()
    with noting() as calls:
        import_due()
    assert Upload.objects.ended().count() == len(datasets.all_datasets()) + 1
    assert {action for action, _ in calls} >= {"s3:GetObjectVersion", "s3:PutObject"}
    assert {resource for _, resource in calls} >= {*tables().values(), "AlarmTopic"}
    assert {("sqs:SendMessage", "MailQueue"), ("sqs:SendMessage", "WebhooksQueue")} <= calls
    assert not refused(standard, "worker", calls)


def test_webhooks(
    standard: Layout,
    noting: Callable[[], Any],
    categories: list[str],
    webhook: WebhookEndpoint,
    vendor_a: Vendor,
) -> None:
    arrived(ROWS, vendor=vendor_a)
    with noting() as calls:
        tasks.send_webhooks()
    tried = webhook.deliveries.get()
    assert (tried.attempts, tried.state) == (1, "pending")
    assert calls == {("sqs:SendMessage", "WebhooksQueue")}
    assert not refused(standard, "webhooks", calls)


def test_mail(
    standard: Layout,
    noting: Callable[[], Any],
    categories: list[str],
    vendor_a: Vendor,
) -> None:
    vendor_a.contact_email = "bounce@simulator.amazonses.com"
    vendor_a.save()
    arrived(ROWS, vendor=vendor_a)
    import_due()
    with noting() as calls:
        tasks.send_mail()
        tasks.read_mail_events()
    assert Notification.objects.get().state == Notification.State.BOUNCED
    assert {*OutboxFile.objects.values_list("state", flat=True)} == {"written"}
    assert calls >= {
        *(("ses:SendRawEmail", "identity"), ("ses:SendRawEmail", "configuration-set")),
        *(("sqs:DeleteMessage", "MailEventsQueue"), ("sns:Publish", "AlarmTopic")),
    }
    assert {"s3:PutObject", "s3:GetObjectVersion"} <= {action for action, _ in calls}
    assert not refused(standard, "mail", calls)


def test_maintenance(
    standard: Layout,
    noting: Callable[[], Any],
    settings: Any,
    categories: list[str],
    vendor_a: Vendor,
) -> None:
    drop("customers/people.csv", (SAMPLES / "customers" / "customers.csv").read_bytes())
    drop("exports/today.json", b"[]")
    Schedule.objects.create(name="x", dataset="metrics", prefix="exports/", every_minutes=5)
    arrived(ROWS, vendor=vendor_a)
    settings.EVENT_GRACE_SECONDS = -3600.0  # the objects are new
    with noting() as calls:
        missing_events.find_missing_events()
        stray_files.find_stray_files()
        schedules.run_schedules()
    drive()
    long_ago = now() - timedelta(days=60)
    Upload.objects.update(completed_at=long_ago, next_attempt_at=None)
    Upload.objects.filter(pk=arrived(ROWS, vendor=vendor_a).pk).update(next_attempt_at=long_ago)
    dead_letters = settings.EVENTS_DEAD_LETTER_URL
    queue_client().send_message(QueueUrl=dead_letters, MessageBody="dead")
    Notification.objects.update(next_attempt_at=long_ago)
    for queue in (settings.IMPORTS_QUEUE_URL, settings.MAIL_QUEUE_URL):
        queue_client().purge_queue(QueueUrl=queue)
    with noting() as later:
        assert retention.delete_sources()
        assert erasure.erase_personal_data()
        assert resume.resume_stalled()
        assert deliveries.resume_mail()
        watch_dead_letters()
    queue_client().purge_queue(QueueUrl=dead_letters)
    calls |= later
    assert {action for action, _ in calls} >= {
        *("s3:ListBucketVersions", "s3:ListBucket", "s3:DeleteObjectVersion"),
        *("sqs:SendMessage", "sns:Publish"),
        *("dynamodb:Query", "dynamodb:DeleteItem", "sqs:GetQueueAttributes"),
    }
    assert not refused(standard, "maintenance", calls)


@pytest.mark.usefixtures("categories", "quiet_events")
def test_the_commands(
    standard: Layout, noting: Callable[[], Any], alice: User, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_bytes(csv_bytes(ROWS))
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={})
    with noting() as calls:
        with pytest.raises(CommandError, match="not ended"):
            call_command("canary", "--timeout", "0")
        with pytest.raises(SystemExit):
            call_command("import_file", str(file), "--vendor", "VEND001", "--timeout", "0")
        call_command("reset_two_step", alice.username)
    assert Upload.objects.count() == 2
    written = {resource for action, resource in calls if action == "s3:PutObject"}
    assert {resource.rpartition("/")[2] for resource in written} == {"canary.csv", "products.csv"}
    assert ("ses:SendRawEmail", "identity") in calls
    assert not refused(standard, "command", calls)


@pytest.mark.usefixtures("categories", "quiet_events")
def test_the_web(
    standard: Layout, noting: Callable[[], Any], alice: User, admin: User, client: Client
) -> None:
    client.force_login(admin)
    with noting() as counted:
        assert client.get("/admin/system/").status_code == 200
    assert ("sqs:GetQueueAttributes", "EventsDeadLetterQueue") in counted
    client.force_login(alice)
    with noting() as calls:
        file = SimpleUploadedFile("products.csv", csv_bytes(ROWS), "text/csv")
        sent = client.post("/uploads/new/", {"file": file, "mode": "create", "dataset": "products"})
        assert sent.status_code == 303, sent.content
        page = sent["Location"]
        assert client.get(page).status_code == 200
        assert client.post("/password-reset/", {"email": alice.email}).status_code == 302
        after_response.wait()
    assert {action for action, _ in calls} >= {"s3:PutObject", "ses:SendRawEmail"}
    forward_all()
    drive()
    upload = Upload.objects.get(upload_id=page.split("/")[2])
    assert upload.status == Upload.Status.PARTIAL
    with noting() as later:
        assert client.post(f"{page}retry/").status_code in (302, 303)
    assert ("sqs:SendMessage", "ImportsQueue") in later
    assert not refused(standard, "web", counted | calls | later)


def test_a_call_that_the_role_does_not_allow_is_found(standard: Layout) -> None:
    calls = {("sqs:ReceiveMessage", "ImportsQueue"), ("s3:GetObjectVersion", "Bucket/errors/x.csv")}
    assert refused(standard, "web", calls) == {("sqs:ReceiveMessage", "ImportsQueue")}
    assert refused(standard, "forwarder", calls) == calls
