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
    queued_at = queued_at - interval '%(seconds)s s',
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


HOURS = 3


@pytest.mark.slow
def test_ageing_holds_for_hours_of_overload(db: None) -> None:
    """Two workers do eight slices a minute, and always more small files come than they can handle,
    half of them from a vendor that also sends a large one of 20 slices every half hour.

    Whatever the backlog, a large file ends with the small ones that its vendor sent five minutes
    after it, and the time of its own slices later.
    """
    ends: dict[str, int] = {}  # minute by name
    for minute in range(HOURS * 60):
        if minute % 30 == 0:
            arrive(f"large-{minute}", vendor="busy", rows=LARGE)
        arrive(f"own-{minute}", vendor="busy", count=4)
        arrive(f"others-{minute}", vendor="other", vendors=500, count=4)
        for _ in range(4):
            lease.claim(), lease.claim()
            slice_ends()
        for name in Upload.objects.filter(next_attempt_at=None).values_list("pk", flat=True):
            ends.setdefault(name, minute)
        execute(TIME_PASSES, seconds=60)
    assert Upload.objects.filter(next_attempt_at__isnull=False).count() > 20 * HOURS
    judged = 0
    for minute in range(0, HOURS * 60, 30):
        if end := ends.get(f"own-{minute + 5}-4"):
            judged += 1
            large = ends.get(f"large-{minute}-1", HOURS * 60)
            assert minute + 5 <= large <= end + 20 / 4 + 1, (minute, end, large)
    assert judged >= HOURS  # the others were still waiting at the end


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


@pytest.mark.slow
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
