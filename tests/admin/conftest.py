"""One of everything that staff can look at, and who looks at it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from catalog.models import Category, Product
from imports.models import (
    Action,
    Alarm,
    CategoryRequest,
    Digest,
    DigestRun,
    HeldUpload,
    Invitation,
    Notification,
    RowError,
    Schedule,
    Upload,
    VendorNotice,
    WebhookDelivery,
    WebhookEndpoint,
)
from vendors import people
from vendors.models import ApiToken, Vendor
from warehouse.models import Customer, Metric

SCRIPT = '<script>alert("x")</script>'


@pytest.fixture
def as_reviewer(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def as_viewer(client: Client, db: None) -> Client:
    """Someone of the group Viewers."""
    user = User.objects.create_user("vera", "vera@people.example", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewers"))
    client.force_login(user)
    return client


@pytest.fixture
def as_admin(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def make_upload(upload_id: str, vendor: Vendor | None, **values: object) -> Upload:
    """An upload that ended with 7 of 10 rows in, unless `values` say otherwise."""
    counts = {"total_records": 10, "valid_records": 7, "error_records": 3}
    ended = {"status": Upload.Status.PARTIAL, "step": Upload.Step.DONE, "dataset": "products"}
    key = {"s3_bucket": "bucket", "s3_key": f"uploads/{upload_id}", "s3_version": "v1"}
    whose = {"vendor": vendor, "vendor_prefix": vendor.vendor_id if vendor else "UNKNOWN"}
    times = {"upload_timestamp": datetime(2026, 11, 20, 9, 30, tzinfo=UTC)}
    name = {"file_name": "spring.csv"}
    return Upload.objects.create(
        upload_id=upload_id, **{**counts, **ended, **key, **whose, **times, **name, **values}
    )


def make_held(upload_id: str, vendor: Vendor, **values: object) -> HeldUpload:
    """It waits for a release, because prices jump."""
    reason = {
        "code": "PRICE_JUMP",
        "variant": "many",
        "detail": {"count": "7", "updates": "10", "limit": "5"},
        "rows": 7,
        "examples": [[2, "VP-1", "19.99", "1999.00"]],
    }
    usual = {"status": "held", "step": "done", "held_reason": [reason], "updated_records": 7}
    upload = make_upload(upload_id, vendor, **{**usual, **values})
    upload.ask("update", only_check=True)
    upload.save()
    return HeldUpload.objects.get(pk=upload.pk)


def make_error(upload: Upload, row: int, **values: object) -> RowError:
    usual = {"column_name": "price", "error_type": "INVALID_PRICE", "error_message": "Too low"}
    return RowError.objects.create(
        upload=upload, run=upload.run, row_number=row, **{**usual, **values}
    )


def make_product(vendor: Vendor, number: int, **values: object) -> Product:
    usual = {
        "vendor_product_id": f"VP-{number}",
        "product_name": f"Mouse {number}",
        "category": "Audio",
        "sku": f"SKU-{number}",
        "price": "19.99",
        "stock_quantity": 5,
    }
    return Product.objects.create(vendor=vendor, **{**usual, **values})


def make_customer(number: int, **values: object) -> Customer:
    usual = {
        "customer_id": number,
        "full_name": f"Ann Lee {number}",
        "email": f"c{number}@example.com",
        "age": 36,
        "date_of_birth": "1990-04-30",
        "phone_number": "5551234567",
    }
    return Customer.objects.create(**{**usual, **values})


def make_metric(number: int, **values: object) -> Metric:
    at = datetime.fromtimestamp(1_780_000_000 + number, UTC)
    return Metric.objects.create(**{"name": "cpu", "value": 0.5, "timestamp": at, **values})


def make_digest(user: User, *uploads: Upload) -> Digest:
    """One that lists these uploads."""
    people.choose(user, emails="digest", time_zone="Europe/Berlin")
    digest = Digest.objects.create(user=user, day=date(2026, 11, 21), to=user.email)
    for upload in uploads:
        DigestRun.objects.create(
            user=user,
            upload=upload,
            run=upload.run,
            digest=digest,
            ended_at=datetime(2026, 11, 20, 17, 30, tzinfo=UTC),
            status=upload.status,
            only_check=upload.is_check,
            outcome="7 of 10 products imported. 3 rows need fixing.",
            total_records=upload.total_records,
            imported_records=upload.imported_records,
            error_records=upload.error_records,
        )
    return digest


@dataclass(frozen=True)
class World:
    """One row of every model that has a page in the admin."""

    upload: Upload
    held: HeldUpload
    error: RowError
    mail: Notification
    action: Action
    alarm: Alarm
    schedule: Schedule
    product: Product
    category: Category
    wanted: CategoryRequest
    customer: Customer
    metric: Metric
    vendor: Vendor
    user: User
    group: Group
    entry: LogEntry
    failed_login: AccessAttempt
    token: ApiToken
    webhook: WebhookEndpoint
    delivery: WebhookDelivery
    invitation: Invitation
    notice: VendorNotice
    digest: Digest


@pytest.fixture
def world(vendor_a: Vendor, alice: User) -> World:
    upload = make_upload("UPLOAD_20261120_223000_2F3A40", vendor_a, uploaded_by=alice)
    webhook = WebhookEndpoint.objects.create(
        vendor=vendor_a, url="https://shop.example.com/", events=["upload.finished"], seed="5eed"
    )
    return World(
        upload=upload,
        held=make_held("UPLOAD_20261120_224500_7C1D02", vendor_a),
        error=make_error(upload, 2, original_data={"price": "-1"}),
        mail=Notification.objects.create(
            upload=upload,
            run=1,
            to="alice@people.example",
            subject="Product Upload Complete - spring.csv (70% Success)",
            text_body="Seven of ten",
            html_body="<p>Seven of <b>ten</b></p>",
            state=Notification.State.SENT,
        ),
        action=Action.objects.create(upload=upload, run=1, kind=Action.Kind.UPLOAD, by=alice),
        alarm=Alarm.objects.create(
            kind=Alarm.Kind.FAILED_UPLOAD, subject=upload.upload_id, detail="step load: KeyError"
        ),
        schedule=Schedule.objects.create(
            name="Nightly", dataset="products", vendor=vendor_a, prefix="exports/", every_minutes=5
        ),
        product=make_product(vendor_a, 1, upload_id=upload.upload_id, upload_row=3),
        category=Category.objects.create(name="Audio"),
        wanted=CategoryRequest.objects.create(
            vendor=vendor_a, upload=upload, name="Toys", compared="toys", asked_by=alice
        ),
        customer=make_customer(1, upload_id=upload.upload_id, upload_row=3),
        metric=make_metric(1, upload_id=upload.upload_id, upload_row=4),
        vendor=vendor_a,
        user=alice,
        group=Group.objects.get(name="Reviewers"),
        entry=LogEntry.objects.log_actions(
            alice.pk, [upload], CHANGE, "Retried", single_object=True
        ),
        failed_login=AccessAttempt.objects.create(
            username="alice", ip_address="192.0.2.7", failures_since_start=5, attempt_time=now()
        ),
        token=ApiToken.objects.create(
            name="Nightly",
            vendor=vendor_a,
            created_by=alice,
            start="vop_Ab1d",
            digest="0" * 64,
            scopes=["uploads:read"],
            expires_at=now() + timedelta(days=30),
        ),
        webhook=webhook,
        delivery=WebhookDelivery.objects.create(
            endpoint=webhook, message_id="msg_1", type="ping", body='{"type": "ping"}'
        ),
        invitation=Invitation.objects.create(
            vendor=vendor_a,
            to="new@people.example",
            role="viewer",
            invited_by=alice,
            expires_at=now() + timedelta(days=7),
        ),
        notice=VendorNotice.objects.create(
            vendor=vendor_a, kind="deactivated", to="alice@people.example"
        ),
        digest=make_digest(alice, upload),
    )


def page_of(row: Model, page: str = "change") -> str:
    """The address of a row's page: change, delete or history."""
    label = f"{row._meta.app_label}_{row._meta.model_name}"
    return reverse(f"admin:{label}_{page}", args=[quote(row.pk)])


def list_of(row: Model | type[Model], page: str = "changelist") -> str:
    """The address of a model's list, or of its page to add one."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}")
