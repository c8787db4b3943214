"""Fair order: which upload is claimed next when more are due than workers can handle.

Hours pass in seconds of database time, because a test moves all times of the uploads instead of
waiting.
"""

from typing import Any

import pytest
from django.db import connection

from bench.timing import computed_seconds, server_process
from imports.execution import lease
from imports.models import Upload

ROWS_PER_SLICE = 10_000
SMALL, LARGE = 50, 200_000  # rows
# Seconds of a processor: the aim is 0.005; sorting all due uploads takes 0.1 and more.
LONGEST_CLAIM = 0.025
TRIES = 5
# Uploads that are loading, `ago` seconds after they came.
ARRIVE = """
INSERT INTO upload_history (
    upload_id, vendor_prefix, dataset, mode, run, file_name, upload_timestamp, s3_bucket, s3_key,
    s3_version, file_size, sha256, status, step, failure_code, failure_message, total_records,
    valid_records, error_records, skipped_records, error_file_s3_key, error_file_version,
    ignored_columns, staged_items, cursor, token, attempts, next_attempt_at
)
SELECT name, vendor, 'products', 'create', 1, name, at, 'fair', name, 'v1', rows * 100, '',
       'received', 'load', '', '', rows, 0, 0, 0, '', '', '[]', 1, 0, 0, 0, at
FROM (
    SELECT %(name)s || '-' || n AS name, %(rows)s AS rows,
           %(vendor)s || CASE WHEN %(vendors)s > 1 THEN n %% %(vendors)s ELSE 0 END AS vendor,
           statement_timestamp() - %(ago)s * interval '1 s' - n * interval '1 us' AS at
    FROM generate_series(1, %(count)s) AS n
) AS arriving
"""
TIME_PASSES = """
UPDATE upload_history SET
    upload_timestamp = upload_timestamp - interval '%(seconds)s s',
    started_at = started_at - interval '%(seconds)s s',
    next_attempt_at = next_attempt_at - interval '%(seconds)s s'
WHERE next_attempt_at IS NOT NULL
"""
SLICE_ENDS = """
UPDATE upload_history SET
    valid_records = least(total_records, valid_records + %(rows)s), lease_until = NULL,
    next_attempt_at = CASE WHEN valid_records + %(rows)s < total_records
                           THEN statement_timestamp() END
WHERE lease_until IS NOT NULL
"""


def execute(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def arrive(
    name: str, *, vendor: str, vendors: int = 1, count: int = 1, rows: int = SMALL, ago: float = 0
) -> None:
    execute(ARRIVE, name=name, vendor=vendor, vendors=vendors, count=count, rows=rows, ago=ago)


def claimed() -> str:
    work = lease.claim()
    assert work is not None
    return work.upload_id


def slice_ends() -> None:
    execute(SLICE_ENDS, rows=ROWS_PER_SLICE)


def test_a_large_file_of_a_busy_vendor_ends_under_steady_overload(db: None) -> None:
    """Two workers do two slices in five seconds, and more small files come than they can handle,
    half of them from the vendor of the large one. It has 20 slices and a turn after 5 minutes."""
    arrive("large", vendor="busy", rows=LARGE)
    minutes = 0.0
    for tick in range(12 * 15):
        arrive(f"own-{tick}", vendor="busy")
        arrive(f"others-{tick}", vendor="other", vendors=500, count=2 if tick % 10 == 0 else 1)
        lease.claim(), lease.claim()
        slice_ends()
        execute(TIME_PASSES, seconds=5)
        minutes = tick / 12
        if Upload.objects.get(pk="large-1").next_attempt_at is None:
            break
    large = Upload.objects.get(pk="large-1")
    assert large.next_attempt_at is None, large.valid_records
    assert minutes > 5  # small files went first
    assert Upload.objects.filter(next_attempt_at__isnull=False).exists()  # not the last one


def test_a_small_file_does_not_wait_behind_a_hundred_large_ones(db: None) -> None:
    arrive("large", vendor="busy", count=100, rows=LARGE)
    first = [claimed() for _ in range(4)]
    arrive("small", vendor="other")
    assert claimed() == "small-1"
    slice_ends()
    arrive("own", vendor="busy")  # also of the same vendor
    assert claimed() == "own-1"
    assert all(name.startswith("large") for name in first)


def test_no_vendor_waits_until_others_have_sent_all_their_thousands(db: None) -> None:
    """Their files came first and all have a turn, but a vendor without a running slice is next."""
    arrive("old", vendor="busy", count=3_000, ago=4_000)
    assert claimed().startswith("old")
    arrive("new", vendor="new", vendors=150, count=150)
    for _ in range(150):
        name = claimed()
        assert name.startswith("new")
        Upload.objects.filter(pk=name).update(lease_until=None, next_attempt_at=None)
    assert claimed().startswith("old")


def test_a_retry_keeps_no_place_from_before(db: None) -> None:
    arrive("large", vendor="busy", rows=LARGE, ago=4_000)
    upload = Upload.objects.get()
    upload.start_run()
    upload.save()
    arrive("small", vendor="busy")
    assert claimed() == "small-1"


def test_an_upload_waits_for_its_next_attempt(db: None) -> None:
    arrive("failing", vendor="busy", ago=4_000)
    upload = Upload.objects.get()
    upload.reschedule(seconds=60)
    upload.save()
    assert lease.claim() is None
    execute(TIME_PASSES, seconds=61)
    assert claimed() == "failing-1"


@pytest.mark.parametrize("vendors", [10_000, 20, 1])
def test_a_claim_takes_the_same_time_with_100_000_due_uploads(db: None, vendors: int) -> None:
    arrive("due", vendor="vendor", vendors=vendors, count=100_000, ago=1_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE upload_history")
    server = server_process()
    for _ in range(20):
        claimed()
    taken = []
    for _ in range(TRIES):
        started = computed_seconds(server)
        claimed()
        taken.append(computed_seconds(server) - started)
    assert min(taken) < LONGEST_CLAIM, taken
