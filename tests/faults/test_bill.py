"""The requests of one upload to AWS, counted on the running system; the basis of docs/cost.md."""

import base64
import math
import random
import re
from collections import Counter
from typing import Any

from deploy import bill
from tests.faults.cases import Case
from tests.faults.http_faults import DROPPED, Request
from tests.faults.people import Person
from tests.faults.world import World, running, wait_until
from tests.product_files import csv_bytes

# As in a deployment, not as fast as in other tests.
PACE = {
    "LEASE_SECONDS": "30",
    "SLICE_SECONDS": "10",  # a second slice, on a busy machine, would need another hint
    "BATCH_ROWS": "5000",
    "HINT_GRACE_SECONDS": "10",
    "RESUME_EVERY_SECONDS": "3600",  # otherwise a slow machine gets a second hint
    "MISSING_EVENTS_EVERY_SECONDS": "300",
    "CLEAN_UP_EVERY_SECONDS": "900",
    "DEAD_LETTERS_EVERY_SECONDS": "60",
    "MAIL_EVENTS_EVERY_SECONDS": "3600",  # a sweep of the same queue as the hints for emails
    "LOG_FORMAT": "json",
}
TROUBLE = re.compile(r'"levelname": "(?:WARNING|ERROR)"')
WORDS = (
    *("sturdy", "light", "wireless", "compact", "garden", "kitchen"),
    *("audio", "travel", "cotton", "steel", "bamboo", "premium"),
    *("everyday", "folding", "waterproof", "rechargeable", "classic", "modern"),
    *("soft", "bright", "quiet", "fast", "simple", "warm"),
)


def wide(rows: list[dict[str, str]]) -> bytes:
    """The rows with all optional columns filled, with text that does not compress too well."""
    chance = random.Random(7)
    more = [
        {
            "subcategory": chance.choice(WORDS),
            "description": " ".join(chance.choices(WORDS, k=20)),
            "brand": chance.choice(WORDS),
            "compare_at_price": f"{chance.randint(1, 999)}.99",
            "unit": "piece",
            "weight_kg": f"{chance.randint(1, 99)}.{chance.randint(0, 9)}",
            "dimensions_cm": "x".join(str(chance.randint(1, 99)) for _ in range(3)),
            "image_url": f"https://img.vendor.example/{chance.randint(10**6, 10**7)}.jpg",
        }
        for _ in rows
    ]
    return csv_bytes([row | extra for row, extra in zip(rows, more, strict=True)])


class Meter:
    """Records all requests to AWS, and the growth of database and logs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests: list[Request] = []
        world.http.fail("*", DROPPED, when=self._note)
        self.size, self.wal = self._database()
        self.log_sizes = world.log_sizes()

    def _note(self, request: Request) -> bool:
        """The condition of a fault that never happens."""
        self.requests.append(request)
        return False

    def asked(self) -> Counter[str]:
        """Requests by operation, without those that depend on time and not on uploads: sweeps and
        the lengths of queues."""
        return Counter(
            request.operation
            for request in self.requests
            if b"onboarding-maintenance" not in request.body
            and request.operation != "sqs.GetQueueAttributes"
        )

    def grown(self) -> tuple[int, int, int]:
        """Sizes of database, write-ahead log and logs in bytes."""
        size, wal = self._database()
        return size - self.size, wal - self.wal, self._logged()

    def _logged(self) -> int:
        """Bytes of the logs, without what a slow machine adds: attempts that are repeated."""
        lines = [
            line
            for name, start in self.log_sizes.items()
            for line in self.world.log(name, since=start).splitlines()
        ]
        return sum(len(line) + 1 for line in lines if not TROUBLE.search(line))

    def _database(self) -> tuple[int, int]:
        [row] = self.world.rows(
            "SELECT pg_database_size(current_database()) AS size, "
            "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal"
        )
        return row["size"], row["wal"]


def write_units(requests: list[Request]) -> int:
    """DynamoDB's write units: one for each started KB of an item, in the table and its index."""
    units = 0
    for request in requests:
        if request.operation == "dynamodb.PutItem":
            units += 2 * started_kb(request.json()["Item"])  # this item is also in the index
        if request.operation == "dynamodb.BatchWriteItem":
            [puts] = request.json()["RequestItems"].values()
            units += sum(started_kb(put["PutRequest"]["Item"]) for put in puts)
    return units


def started_kb(item: dict[str, dict[str, Any]]) -> int:
    size = 0
    for name, typed in item.items():
        [(kind, value)] = typed.items()
        size += len(name) + len(base64.b64decode(value) if kind == "B" else str(value).encode())
    return math.ceil(size / 1024)


def test_an_upload_makes_no_more_requests_than_the_cost_page_says() -> None:
    with running(most_receives=10, visibility=60, **PACE) as world:
        case = Case(world)
        person = Person(case)
        uploads = 3
        bodies = [wide(case.rows(1_000, bad=50, first=1 + 1_000 * n)) for n in range(uploads)]
        wait_until(
            "the sweep of emails at the start, the last one",
            lambda: "onboarding-mail-events" in world.http.polled,
        )
        # One of the sweeps before it sends a message to the queue of emails.
        wait_until("the other sweeps", lambda: not world.messages_in("Maintenance"))
        wait_until("it is done", lambda: is_done(case))
        meter = Meter(world)
        for body in bodies:
            assert person.send(body).status == 200
            wait_until("done", lambda: is_done(case), tell=case.how_it_stands)
        assert len(case.uploads()) == uploads

        asked = meter.asked()
        assert asked["s3.PUT"] == uploads * bill.PER_UPLOAD["s3_put"]
        assert asked["s3.GET"] == uploads * (
            bill.PER_UPLOAD["s3_get"] - 1
        )  # the vendor's own download
        assert asked["ses.SendRawEmail"] == uploads * bill.PER_UPLOAD["ses"]
        assert asked["sqs.DeleteMessage"] == uploads * 4
        assert asked["sqs.SendMessage"] == uploads * 3
        # S3 sends its event without passing the proxy, and the emulator sends no event of SES.
        assert bill.PER_UPLOAD["sqs"] == 1 + 6 + 4 + 3
        assert asked["dynamodb.BatchGetItem"] == uploads
        assert near(bytes_in_outbox(case) / uploads, bill.ANSWER_BYTES)
        kinds = {name.partition(".")[0] for name in asked}
        assert kinds == {"s3", "sqs", "dynamodb", "ses"}

        assert near(write_units(meter.requests) / uploads, bill.PER_UPLOAD["dynamodb_write"])
        assert near(bill.STAGED_BYTES / 4096, bill.PER_UPLOAD["dynamodb_read"])
        database, wal, logs = meter.grown()
        assert near(len(bodies[0]), bill.FILE_BYTES)
        # Log lines change; PostgreSQL writes whole pages after a checkpoint and grows by pages.
        assert 0.5 < logs / uploads / bill.LOG_BYTES < 1.5
        assert 0.5 < database / uploads / bill.DATABASE_BYTES < 1.5
        assert 0.5 < wal / uploads / bill.WAL_BYTES < 2


def bytes_in_outbox(case: Case) -> int:
    found = case.world.aws("s3").list_objects_v2(Bucket=case.world.bucket, Prefix="outbox/")
    return sum(each["Size"] for each in found["Contents"])


def is_done(case: Case) -> bool:
    """Whether every upload has ended and no message is left."""
    return all(upload["step"] == "done" for upload in case.uploads()) and not (
        case.unsent() or any(map(case.world.messages_in, ("Imports", "Events", "Mail")))
    )


def near(counted: float, stated: float) -> bool:
    return 0.85 * stated <= counted <= 1.1 * stated
