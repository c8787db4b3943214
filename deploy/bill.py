"""What a month on AWS costs: the lines of the bill of each layout, for a number of uploads."""

import math
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PRICES_FILE = Path(__file__).with_name("prices.toml")
HOURS = 730.0  # of a month
WORK_HOURS = 176.0  # 22 days of 8 hours, in which vendors send their files
GB = 1e9


@dataclass(frozen=True)
class Price:
    """`usd` pays for `per` units; `free` units are free of charge every month. See prices.toml."""

    what: str
    unit: str
    usd: float
    source: str
    read: str
    per: int = 1
    free: int = 0


def price_table() -> dict[str, Any]:
    """The file of prices, with its date and region."""
    return tomllib.loads(PRICES_FILE.read_text())


PRICES = {key: Price(**v) for key, v in price_table().items() if isinstance(v, dict)}

# The AWS requests of one upload: 1,000 rows with all 14 columns, 50 of them invalid, sent by form.
# Counted by tests/faults/test_bill.py on the running system.
PER_UPLOAD = {
    # The file, the error report, and in the outbox: its copy, the rows to fix, two answers.
    "s3_put": 6,
    "s3_get": 2,  # the worker's download, the vendor's of the report
    # S3's event: sent, received, deleted; the hint, that of the first answer, and that of the email
    # and the second one: the same. An event of SES: sent and deleted; a sweep receives it.
    "sqs": 14,
    "dynamodb_write": 95,  # two runs of rows, and the upload's own item twice with its index entry
    "dynamodb_read": 23,
    "ses": 1,
}
FILE_BYTES = 290_000
REPORT_BYTES = 17_000
ANSWER_BYTES = 40_000  # in the outbox: a copy of the report, the rows to fix, two answers
STAGED_BYTES = 92_000
LOG_BYTES = 5_700
# With log_statement=mod; most of it is the email, three times, and the answer, twice.
DATABASE_LOG_BYTES = 43_000
DATABASE_BYTES = 1_300_000  # by which tables and indexes grow, all rows being new, with history
WAL_BYTES = 1_800_000  # Aurora counts one I/O per 4 KB of it
PAGE_REQUESTS = 26  # a browser's, from the login to the downloaded report
PAGE_BYTES = 135_000

# The requests of the idle system in an hour.
POLLS = 3600 / 20  # of one queue by one process
# Resume, missing events, schedules, clean up, dead letters, events of SES.
SWEEPS = 120 + 12 + 60 + 4 + 60 + 60
RESUMED = 3  # queues whose length the sweep `resume_stalled` reads and writes to two metrics
WATCHED = 6  # dead-letter queues
QUEUE_LOOKS = RESUMED * 120 + WATCHED * 60
FORWARDER_LOOKS = 240  # of the queue of hints: is a first worker needed?
DATA_SETS = 5  # whose prefixes are listed to find missing events
STRAY_LISTS = 2  # the top of the bucket and client-data/, to find files that nothing reads
IDLE_LOG_BYTES = 83_000

# An alarm that computes with two metrics costs twice as much.
ALARM_METRICS = {"standard": 33, "compact": 30}

WORKER_LINGERS = 670  # seconds: a minute to start, and ten without work before it ends
VISIT_LINGERS = 420  # seconds: two minutes on pages, and five before Aurora pauses
SWEEP_LINGERS = 320  # seconds: a sweep, and five minutes before Aurora pauses
# The compact layout sweeps four times a day, except that dead letters are counted every five
# minutes, which queries SQS and not the database.
SWEEPS_A_DAY = 4


@dataclass(frozen=True)
class Traffic:
    """`uploads` in a month, which come in groups of `at_once` at random moments."""

    uploads: int
    at_once: int = 1

    def busy_hours(self, seconds: float) -> float:
        """Hours of a month in which a part runs that stays up `seconds` after each arrival."""
        arrivals_an_hour = self.uploads / self.at_once / WORK_HOURS
        return WORK_HOURS * (1 - math.exp(-arrivals_an_hour * seconds / 3600))


@dataclass(frozen=True)
class Line:
    """One line of the bill; `amounts` maps keys of prices to units."""

    what: str
    amounts: Mapping[str, float] = field(default_factory=dict)

    @property
    def usd(self) -> float:
        return sum(PRICES[key].usd * n / PRICES[key].per for key, n in self.amounts.items())


def standard(traffic: Traffic) -> list[Line]:
    """Load balancer, four tasks that always run, RDS."""
    gigabytes = traffic.uploads * (FILE_BYTES + PAGE_BYTES) / GB
    return [
        Line("load balancer", {"alb": HOURS, "alb_lcu": gigabytes}),
        Line(
            "tasks: web twice, forwarder, clock",
            {"fargate_vcpu": 4 * 0.25 * HOURS, "fargate_gb": (1 + 1 + 0.5 + 1) * HOURS},
        ),
        Line("public addresses: 4 tasks, 2 for the load balancer", {"ipv4": 6 * HOURS}),
        Line(
            "database: RDS, one zone, 20 GB, and growth by the month's rows",
            {"rds": HOURS, "rds_gb": 20 + traffic.uploads * DATABASE_BYTES / GB},
        ),
        *common(
            traffic,
            alarms=ALARM_METRICS["standard"],
            sweeps=SWEEPS * HOURS,
            looks=QUEUE_LOOKS * HOURS,
            lists=12 * HOURS,
            resumes=120 * HOURS,
        ),
    ]


def compact(traffic: Traffic) -> list[Line]:
    """API Gateway, one task, Aurora that pauses."""
    turns = SWEEPS_A_DAY * HOURS / 24
    asleep_but_for_sweeps = turns * SWEEP_LINGERS / 3600
    return [
        Line(
            "API Gateway, Cloud Map's hosted zone",
            {"http_api": traffic.uploads * PAGE_REQUESTS, "hosted_zone": 1},
        ),
        Line(
            "task: web, forwarder, beat, maintenance, mail and webhooks in one",
            {"fargate_vcpu": 0.25 * HOURS, "fargate_gb": HOURS},
        ),
        Line("public address", {"ipv4": HOURS}),
        Line(
            "database: Aurora, 0.5 units for sweeps and 1 while users are there",
            {
                "aurora_acu": 0.5 * asleep_but_for_sweeps + traffic.busy_hours(VISIT_LINGERS),
                "aurora_gb": 10 + traffic.uploads * DATABASE_BYTES / GB,
                "aurora_io": traffic.uploads * WAL_BYTES / 4096,
            },
        ),
        *common(
            traffic,
            alarms=ALARM_METRICS["compact"],
            sweeps=5 * turns + 12 * HOURS,
            looks=RESUMED * turns + WATCHED * 12 * HOURS,
            lists=turns,
            resumes=turns,
        ),
    ]


def common(
    traffic: Traffic, *, alarms: int, sweeps: float, looks: float, lists: float, resumes: float
) -> list[Line]:
    """The lines of both layouts: metrics that alarms watch; in a month, periodic tasks, reads of a
    queue's length, lists of the bucket, and sweeps for stalled uploads."""
    uploads = traffic.uploads
    up = traffic.busy_hours(WORKER_LINGERS)
    # Four counts of rows and BatchSeconds, five types of error, two figures of two final statuses,
    # and the two filters are written in hours with uploads; those of queues with every such sweep.
    metrics = (16 * traffic.busy_hours(3600) + 2 * RESUMED * min(HOURS, resumes)) / HOURS
    polls = (4 * HOURS + up) * POLLS  # forwarder, maintenance, mail, webhooks; import worker
    log_bytes = LOG_BYTES + DATABASE_LOG_BYTES
    return [
        Line("import worker: Spot, 1 vCPU", {"spot_vcpu": up, "spot_gb": 2 * up, "ipv4": up}),
        Line("3 secrets", {"secret": 3}),
        Line(f"alarms on {alarms} metrics, 1 dashboard", {"alarm": alarms, "dashboard": 1}),
        Line("custom metrics", {"metric": metrics}),
        Line(
            "logs",
            {"log_gb": (uploads * log_bytes + sweeps / SWEEPS * IDLE_LOG_BYTES) / GB},
        ),
        Line(
            "SQS",
            {
                "sqs": uploads * PER_UPLOAD["sqs"]
                + polls
                + 3 * sweeps
                + looks
                + FORWARDER_LOOKS * HOURS
            },
        ),
        Line(
            "S3",
            {
                "s3_put": uploads * PER_UPLOAD["s3_put"] + (DATA_SETS + STRAY_LISTS) * lists,
                "s3_get": uploads * PER_UPLOAD["s3_get"],
                # Files are kept for a day, reports for three months, answers for one.
                "s3_gb": uploads * (FILE_BYTES / 30 + 3 * REPORT_BYTES + ANSWER_BYTES) / GB,
            },
        ),
        Line(
            "DynamoDB",
            {
                "dynamodb_write": uploads * PER_UPLOAD["dynamodb_write"],
                "dynamodb_read": uploads * PER_UPLOAD["dynamodb_read"],
                "dynamodb_gb": uploads * STAGED_BYTES * 7 / 30 / GB,  # rows are kept for a week
            },
        ),
        Line("emails", {"ses": uploads * PER_UPLOAD["ses"]}),
        Line("10 images", {"ecr_gb": 1.3}),
        Line("data to the internet", {"transfer_gb": uploads * (PAGE_BYTES + REPORT_BYTES) / GB}),
    ]


def total(lines: Sequence[Line]) -> float:
    return sum(line.usd for line in lines)


def free_of_charge(lines: Sequence[Line]) -> float:
    """What an account with nothing else saves by using its monthly free allowances here."""
    amounts: Counter[str] = Counter()
    for line in lines:
        amounts.update(line.amounts)
    return sum(
        min(amount, PRICES[key].free) * PRICES[key].usd / PRICES[key].per
        for key, amount in amounts.items()
    )
