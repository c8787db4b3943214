"""People at their browsers, and files to send."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from imports.models import Upload
from tests.product_files import csv_bytes, good_row
from vendors.models import Vendor

Browse = Callable[[User], Client]


@pytest.fixture
def browse() -> Browse:
    """A separate browser for each person."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return logged_in


@pytest.fixture
def as_alice(browse: Browse, alice: User) -> Client:
    return browse(alice)


@pytest.fixture
def viewer(db: None) -> User:
    """Staff who may view uploads, and no more."""
    user = User.objects.create_user("viewer", "viewer@people.example", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_upload"))
    return user


@pytest.fixture
def unassigned(db: None) -> User:
    """A member of no vendor."""
    return User.objects.create_user("unassigned", "unassigned@people.example")


def make_upload(number: int, vendor: Vendor | None, **values: object) -> Upload:
    """A row of the history: 7 of 10 rows imported, unless `values` say otherwise."""
    usual: dict[str, object] = {
        "upload_id": f"UPLOAD_20261120_093000_{number:06X}",
        "vendor": vendor,
        "vendor_prefix": vendor.vendor_id if vendor else "VEND999",
        "dataset": "products",
        "file_name": f"file-{number}.csv",
        "file_size": 1234,
        "s3_bucket": "bucket",
        "s3_key": f"uploads/{number}",
        "s3_version": "v1",
        "status": "partial",
        "step": "done",
        "total_records": 10,
        "valid_records": 7,
        "error_records": 3,
        "upload_timestamp": datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        "completed_at": datetime(2026, 11, 20, 9, 31, tzinfo=UTC),
    }
    return Upload.objects.create(**{**usual, **values})


def good_file(rows: int = 2) -> bytes:
    return csv_bytes([good_row(number) for number in range(1, rows + 1)])


def send(
    client: Client,
    body: bytes,
    name: str = "products.csv",
    mode: str | list[str] = "create",
    **more: object,
) -> Any:
    """Post the upload form; a list of modes as a browser sends it, the checkbox last."""
    file = SimpleUploadedFile(name, body, content_type="text/csv")
    return client.post("/uploads/new/", {"file": file, "mode": mode, **more})


def text_of(answer: Any) -> str:
    """The page as text. The test client's own type of responses has no public name."""
    return str(answer.content.decode())


def wait_for_a_lock() -> None:
    """Until another session waits for one of this session's locks."""
    with connection.cursor() as cursor:
        for _ in range(1_000):
            # Not pg_stat_activity, which is the same throughout a transaction.
            cursor.execute(
                "SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted "
                "AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("no other session waits")


@pytest.fixture
def storage_away(settings: Any) -> None:
    """No process listens where S3 should be."""
    s3 = settings.STORAGES["default"]
    once = s3["OPTIONS"]["client_config"].merge(Config(retries={"total_max_attempts": 1}))
    away = s3["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9", "client_config": once}
    settings.STORAGES = settings.STORAGES | {"default": s3 | {"OPTIONS": away}}
