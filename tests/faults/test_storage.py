"""S3 and DynamoDB cut off, slow, throttled or stale; full disks."""

import resource

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.http_faults import DROPPED, EXPIRED, REPLY_LOST, SERVER_ERROR, Fault
from tests.faults.people import Person
from tests.faults.world import wait_until
from tests.product_files import csv_bytes

THROUGHPUT = Fault(status=400, code="ProvisionedThroughputExceededException")
ALL_UNPROCESSED = Fault(answer=lambda asked: {"UnprocessedItems": asked.json()["RequestItems"]})
STALE = Fault(answer=lambda _: {"Responses": {}, "UnprocessedKeys": {}})
ALL_UNREAD = Fault(
    answer=lambda asked: {"Responses": {}, "UnprocessedKeys": asked.json()["RequestItems"]}
)


@pytest.mark.parametrize(
    ("operation", "fault", "times"),
    [
        pytest.param("s3.GET", Fault(cut=20_000), 3, id="s3_body_cut"),
        pytest.param("s3.GET", Fault(slow=1), 1, id="s3_slow"),
        pytest.param("s3.*", SERVER_ERROR, 6, id="s3_500"),
        pytest.param("s3.*", EXPIRED, 4, id="s3_403"),
        pytest.param("s3.PUT", REPLY_LOST, 3, id="s3_put_reply_lost"),
        pytest.param("dynamodb.*", THROUGHPUT, 12, id="dynamodb_throttle"),
        pytest.param("dynamodb.*", DROPPED, 9, id="dynamodb_dropped"),
        pytest.param("dynamodb.BatchWriteItem", ALL_UNPROCESSED, 4, id="dynamodb_unprocessed"),
        pytest.param("dynamodb.BatchWriteItem", REPLY_LOST, 4, id="dynamodb_write_reply_lost"),
        pytest.param("dynamodb.BatchGetItem", STALE, 3, id="dynamodb_stale_read"),
        pytest.param("dynamodb.BatchGetItem", ALL_UNREAD, 4, id="dynamodb_unread"),
        pytest.param("dynamodb.BatchGetItem", Fault(cut=500), 3, id="dynamodb_body_cut"),
    ],
)
def test_storage_fails(case: Case, operation: str, fault: Fault, times: int) -> None:
    """Resumed or retried with back-off; a missing item is detected.

    A fault that causes an error occurs until it is used up, because the work cannot end before. A
    slow answer occurs once, because the one download succeeds.
    """
    rule = case.world.http.fail(operation, fault, times=times)
    case.drop(case.rows(2_100, bad=20))
    case.settle()
    assert rule.hits == times
    check(case)


def test_staged_rows_gone_for_good(case: Case) -> None:
    """Detected by count: the upload fails with an internal error and can be retried."""
    rule = case.world.http.fail("dynamodb.BatchGetItem", STALE, times=10_000)
    sent = case.drop(case.rows(1_100, bad=3))
    wait_until(
        "given up",
        lambda: case.upload_of(sent) and case.upload_of(sent)["step"] == "done",
        tell=case.how_it_stands,
    )
    assert rule.hits >= 8
    upload = case.upload_of(sent)
    assert (upload["status"], upload["failure_code"]) == ("failed", "INTERNAL")
    case.world.http.heal()
    answer = Person(case).post(
        f"/uploads/{upload['upload_id']}/retry/", {}, form=f"/uploads/{upload['upload_id']}/"
    )
    assert answer.status == 200
    case.settle()
    check(case)


def full_disk(pids: list[int], size: int) -> None:
    """Limit the size of files that these processes write to `size` bytes."""
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_disk_full_in_the_workers_temp_folder(case: Case) -> None:
    """A clear error, the temporary file removed, retried; other vendors are not affected."""
    children = case.world.children("worker")
    full_disk(children, 30_000)
    try:
        large = case.drop(case.rows(1_100, bad=10))
        small = case.drop(case.rows(20, bad=2, first=5_000), vendor=1)
        wait_until(
            "the large one failed once and the small one is done",
            lambda: (
                case.upload_of(large).get("attempts")
                and case.upload_of(small).get("step") == "done"
            ),
            tell=case.how_it_stands,
        )
    finally:
        full_disk(children, resource.RLIM_INFINITY)
    case.settle()
    check(case)


def test_disk_full_in_the_webs_temp_folder(case: Case) -> None:
    person = Person(case)
    rows = [row | {"product_name": "long " * 30} for row in case.rows(9_000)]
    large = csv_bytes(rows)
    assert len(large) > 1024 * 1024  # Django keeps it on disk
    web = [case.world.pid("web")]
    full_disk(web, 100_000)
    try:
        answer = person.send(large)
        assert answer.status == 503, answer
        assert answer.headers["Retry-After"]
        assert person.send(csv_bytes(case.rows(20, first=20_000))).status == 200
    finally:
        full_disk(web, resource.RLIM_INFINITY)
    assert not list(case.world.temp.glob("tmp*.upload*"))
    case.settle()
    assert [upload["status"] for upload in case.uploads()] == ["completed"]
