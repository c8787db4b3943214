"""Personal data is erased everywhere after its time, and source files are deleted after theirs."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.apps import apps
from django.conf import settings as project
from django.test import Client
from django.utils.timezone import now

from catalog.models import Product
from config import aws
from imports import actions, datasets
from imports.datasets import products
from imports.intake.receive import Arrival, object_arrived
from imports.maintenance import erasure, retention
from imports.models import Alarm, Upload
from imports.notifications import alarms
from imports.storage import s3
from tests.conftest import drive
from tests.imports.dropping import imported
from tests.product_files import csv_bytes, good_row

Run = Callable[..., Upload]
VALUE = "Winifred-Quimby"  # a value in a rejected row
REJECTED = "rejected/people/"


def with_products(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    """Change the declaration of the data set of products."""
    monkeypatch.setattr(products, "DATASET", replace(products.DATASET, **values))
    datasets.all_datasets.cache_clear()


@pytest.fixture(autouse=True)
def as_declared() -> Iterator[None]:
    """Restore the declarations of all data sets after the test."""
    yield
    datasets.all_datasets.cache_clear()


@pytest.fixture
def personal(monkeypatch: pytest.MonkeyPatch) -> None:
    with_products(monkeypatch, personal=True, rejected_prefix=REJECTED)


def aged(days: float) -> None:
    Upload.objects.update(completed_at=now() - timedelta(days=days))


def bad_rows() -> list[dict[str, str]]:
    wrong = good_row(2, price=VALUE, product_name=f"{VALUE} himself", **{VALUE: "x"})
    # If a file has no header, its first row may contain values.
    return [good_row(1, **{VALUE: "x"}), wrong, good_row(3, category=VALUE, **{VALUE: "x"})]


def everything_of(upload: Upload) -> Iterator[str]:
    """Everything stored about an upload: rows of all tables of `imports`, objects, staged items."""
    for model in apps.get_app_config("imports").get_models():
        yield from (repr(values) for values in model._default_manager.values())
    for prefix in (upload.s3_key, "errors/", REJECTED):
        for listed in s3.list_versions(project.S3_BUCKET, prefix):
            if upload.upload_id in listed.key or listed.key == upload.s3_key:
                body = s3.client().get_object(
                    Bucket=project.S3_BUCKET, Key=listed.key, VersionId=listed.version
                )["Body"]
                yield body.read().decode(errors="replace")
    yield from staged(upload)


def staged(upload: Upload) -> list[str]:
    items = aws.client("dynamodb").query(
        TableName=project.UPLOAD_RECORDS_TABLE,
        KeyConditionExpression="upload_id = :upload",
        ExpressionAttributeValues={":upload": {"S": upload.upload_id}},
    )["Items"]
    packed = [item["payload"]["B"] for item in items if "payload" in item]
    return [zlib.decompress(bytes(payload)).decode() for payload in packed]


def test_personal_data_is_erased_everywhere_after_its_time(personal: None, run_upload: Run) -> None:
    upload = run_upload(bad_rows(), file_name="people.csv")
    actions.retry(upload.upload_id, by=None)  # a second run, email and report
    drive()
    upload.refresh_from_db()
    # Reports of workers that were fenced out, under both prefixes.
    for key in (f"errors/_/{upload.upload_id}_errors.csv", f"{REJECTED}{upload.upload_id}_x.csv"):
        s3.put(project.S3_BUCKET, key, VALUE.encode(), "text/csv")
        s3.put(project.S3_BUCKET, key, VALUE.encode(), "text/csv")
        s3.client().delete_object(Bucket=project.S3_BUCKET, Key=key)
    alarms.raise_alarm(Alarm.Kind.FAILED_UPLOAD, upload.upload_id, f"KeyError: {VALUE}")
    before = {
        name: getattr(upload, name)
        for name in (
            "upload_id", "sha256", "total_records", "valid_records", "error_records", "status",
            "run", "file_size", "s3_key", "s3_version", "file_name", "completed_at",
        )
    }  # fmt: skip
    types = list(upload.row_errors.order_by("pk").values_list("row_number", "error_type"))
    found = [text for text in everything_of(upload) if VALUE in text]
    assert len(found) > 8

    aged(29)
    assert erasure.erase_personal_data() == 0
    aged(31)
    before["completed_at"] = Upload.objects.get().completed_at
    assert erasure.erase_personal_data() == 1

    assert [text for text in everything_of(upload) if VALUE in text] == []
    assert staged(upload) == []
    assert not list(s3.list_versions(project.S3_BUCKET, upload.s3_key))
    upload.refresh_from_db()
    assert {name: getattr(upload, name) for name in before} == before
    assert list(upload.row_errors.order_by("pk").values_list("row_number", "error_type")) == types
    assert upload.notifications.count() == 2
    assert not upload.can_be_retried
    assert Product.objects.count() == 1  # imported rows are not erased
    assert erasure.erase_personal_data() == 0


def test_other_data_is_left_alone(run_upload: Run) -> None:
    upload = run_upload(bad_rows())
    aged(31)
    assert erasure.erase_personal_data() == 0
    assert upload.row_errors.filter(original_data__isnull=False).exists()


def test_an_upload_that_has_not_ended_is_left_alone(personal: None, run_upload: Run) -> None:
    upload = run_upload(bad_rows())
    actions.retry(upload.upload_id, by=None)
    Upload.objects.update(upload_timestamp=now() - timedelta(days=60))
    assert erasure.erase_personal_data() == 0


def test_a_refusal_keeps_its_code_and_loses_the_values_it_quotes(
    personal: None, run_upload: Run
) -> None:
    upload = run_upload(f"{VALUE},sku,sku\n1,2,3\n")
    assert upload.failure_code
    Upload.objects.update(failure_message=f"The header has {VALUE}")
    aged(31)
    erasure.erase_personal_data()
    assert [text for text in everything_of(upload) if VALUE in text] == []
    code = upload.failure_code
    upload.refresh_from_db()
    assert upload.failure_code == code
    assert upload.failure_message


def test_old_versions_under_a_key_are_deleted_and_newer_ones_kept(
    personal: None, run_upload: Run, categories: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "uploads/VEND001/people.csv"
    body = csv_bytes(bad_rows())

    def drop() -> Upload | None:
        version = s3.put(project.S3_BUCKET, key, body, "text/csv")
        return object_arrived(Arrival(project.S3_BUCKET, key, version, len(body)))

    s3.put(project.S3_BUCKET, key, body, "text/csv")  # no event and no upload for this one
    old = drop()
    young = drop()
    assert old is not None
    assert young is not None
    drive()
    Upload.objects.filter(pk=old.pk).update(completed_at=now() - timedelta(days=31))
    listed = s3.list_versions

    def long_ago(bucket: str, prefix: str) -> Iterator[s3.ListedVersion]:
        for each in listed(bucket, prefix):
            yield replace(each, modified=each.modified - timedelta(days=31))

    monkeypatch.setattr(s3, "list_versions", long_ago)
    assert erasure.erase_personal_data() == 1
    left = [each.version for each in listed(project.S3_BUCKET, key) if each.key == key]
    assert left == [young.s3_version]


def test_an_interrupted_erasure_is_repeated(
    personal: None, run_upload: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = run_upload(bad_rows())
    aged(31)

    def unreachable(_: str) -> None:
        raise EndpointConnectionError(endpoint_url="http://x")

    with monkeypatch.context() as broken:
        broken.setattr("imports.storage.staging.erase", unreachable)
        assert erasure.erase_personal_data() == 0
    upload.refresh_from_db()
    assert upload.erased_at is None
    assert not Alarm.objects.exists()  # an outage passes
    assert erasure.erase_personal_data() == 1
    assert [text for text in everything_of(upload) if VALUE in text] == []


def test_the_pages_say_so_and_offer_nothing_that_was_erased(
    personal: None, run_upload: Run, client: Client, alice: Any, reviewer: Any
) -> None:
    upload = run_upload(bad_rows())
    aged(31)
    erasure.erase_personal_data()
    client.force_login(alice)
    page = client.get(f"/uploads/{upload.upload_id}/").content.decode()
    assert "because they are personal data" in page
    assert 'id="correct"' not in page
    assert VALUE not in page
    for name in ("correct.csv", "errors.csv"):
        assert client.get(f"/uploads/{upload.upload_id}/{name}").status_code == 404
    client.force_login(reviewer)
    answer = client.get(f"/admin/imports/upload/{upload.upload_id}/change/")
    assert "Counts, hashes and IDs are kept" in answer.content.decode()
    assert VALUE not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "file", "rejected"),
    [
        (
            "client-data/uploads/people.csv",  # without a header, so that the first row is a person
            f"{VALUE},jo@example.com,Miller,,Active\n{VALUE},not an address,,,\n",
            1,
        ),
        (
            "customers/people.csv",
            (
                "customer_id,full_name,email,age,date_of_birth,phone_number,country\n"
                f"x,{VALUE},{VALUE}@,900,1990-01-01,{VALUE},Germany\n"
            ),
            1,
        ),
    ],
    ids=["clients", "customers"],
)
def test_personal_data_of_real_data_sets_is_erased(key: str, file: str, rejected: int) -> None:
    upload = imported(key, file)
    assert (upload.error_records, bool(upload.error_file_s3_key)) == (rejected, True)
    assert len([text for text in everything_of(upload) if VALUE in text]) > 2
    aged(31)
    assert erasure.erase_personal_data() == 1
    assert [text for text in everything_of(upload) if VALUE in text] == []
    upload.refresh_from_db()
    assert (upload.error_records, len(upload.sha256)) == (rejected, 64)


# --- retention of files --------------------------------------------------------------------


def late(hours: float) -> int:
    Upload.objects.update(completed_at=now() - timedelta(hours=hours), source_deleted_at=None)
    return retention.expired_sources().count()


def test_a_file_is_deleted_after_its_time(run_upload: Run, settings: Any) -> None:
    run_upload([good_row(1)])
    assert (late(23), late(25)) == (0, 1)
    settings.SOURCE_KEPT_HOURS = 2
    assert (late(1), late(3)) == (0, 1)


def test_only_files_under_the_prefix_are_deleted(run_upload: Run) -> None:
    run_upload([good_row(1)])
    assert late(25) == 1
    Upload.objects.update(s3_key="exports/a.csv")  # found by a schedule, outside our prefix
    assert late(25) == 0


def test_files_of_a_removed_data_set_are_deleted_too(run_upload: Run) -> None:
    run_upload([good_row(1)])
    Upload.objects.update(dataset="forgotten", s3_key="old/a.csv")
    assert (late(23), late(25)) == (0, 1)


def test_history_is_not_deleted_before_its_personal_data(
    personal: None, run_upload: Run, settings: Any
) -> None:
    settings.PERSONAL_KEPT_DAYS = 120
    run_upload(bad_rows())
    aged(91)
    retention.delete_sources()
    retention.delete_history()
    assert Upload.objects.exists()
    aged(121)
    erasure.erase_personal_data()
    retention.delete_sources()
    retention.delete_history()
    assert not Upload.objects.exists()
