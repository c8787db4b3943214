"""What a month on AWS costs: the lines of the bill of each layout, for a number of uploads.

How many tasks, addresses, alarms and secrets there are is counted from the templates.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PRICES_FILE = Path(__file__).with_name("prices.toml")
COUNTED_FILE = Path(__file__).with_name("counted.toml")  # see deploy/aws/counted.py
HOURS = 730.0  # of a month
WORK_HOURS = 176.0  # 22 days of 8 hours, in which vendors send their files
GB = 1e9
HOME, FRANKFURT = "us-east-1", "eu-central-1"


@dataclass(frozen=True)
class Price:
    """`usd` pays for `per` units; `free` units are free of charge every month. `frankfurt` is `usd`
    there, where it differs. See prices.toml."""

    what: str
    unit: str
    usd: float
    source: str
    read: str
    per: int = 1
    free: int = 0
    frankfurt: float | None = None

    def of(self, units: float, region: str = HOME) -> float:
        """What the units cost."""
        is_there = region == FRANKFURT and self.frankfurt is not None
        price = self.frankfurt if is_there and self.frankfurt else self.usd
        return price * units / self.per


def price_table() -> dict[str, Any]:
    """The file of prices, with its date and region."""
    return tomllib.loads(PRICES_FILE.read_text())


PRICES = {key: Price(**v) for key, v in price_table().items() if isinstance(v, dict)}
COUNTED: dict[str, dict[str, float]] = tomllib.loads(COUNTED_FILE.read_text())

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

# The requests of the idle system in an hour, with the default intervals.
POLLS = 3600 / 20  # of one queue by one process
# Resume, missing events, schedules, clean up, dead letters, events of SES.
SWEEPS = 120 + 12 + 60 + 4 + 60 + 60
RESUMED = 3  # queues whose length the sweep `resume_stalled` reads and writes to two metrics
FORWARDER_LOOKS = 240  # of the queue of hints: is a first worker needed?
DATA_SETS = 5  # whose prefixes are listed to find missing events
STRAY_LISTS = 2  # the top of the bucket and client-data/, to find files that nothing reads
IDLE_LOG_BYTES = 83_000

WORKER_LINGERS = 670  # seconds: a minute to start, and ten without work before it ends
IMPORT_SECONDS = 4  # of an upload on a quarter of a CPU
VISIT_SECONDS = 120  # on pages, and while the upload is imported
SWEEP_SECONDS = 20
RESTING_UNITS = 0.5  # of Aurora: the least with which it runs


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
        return self.cost(HOME)

    def cost(self, region: str) -> float:
        return sum(PRICES[key].of(n, region) for key, n in self.amounts.items())


def standard(traffic: Traffic) -> list[Line]:
    """Load balancer, tasks that always run, RDS."""
    counted = COUNTED["standard"]
    gigabytes = traffic.uploads * (FILE_BYTES + PAGE_BYTES) / GB
    balancers = counted["load_balancers"] * HOURS
    return [
        Line("load balancer", {"alb": balancers, "alb_lcu": gigabytes}),
        tasks("web twice, forwarder, clock", counted),
        addresses(counted),
        Line(
            f"database: RDS, one zone, {counted['rds_gb']:g} GB, and growth by the month's rows",
            {
                "rds": counted["rds_instances"] * HOURS,
                "rds_gb": counted["rds_gb"] + traffic.uploads * DATABASE_BYTES / GB,
            },
        ),
        *common(
            traffic,
            counted,
            sweeps=SWEEPS * HOURS,
            looks=(RESUMED * 120 + counted["dead_letter_queues"] * 60) * HOURS,
            lists=12 * HOURS,
            resumes=120 * HOURS,
        ),
    ]


def compact(traffic: Traffic) -> list[Line]:
    """API Gateway, one task, Aurora that pauses."""
    counted = COUNTED["compact"]
    turns = HOURS * 3600 / counted["resume_seconds"]
    counts_of_dead_letters = HOURS * 3600 / counted["dead_letters_seconds"]
    return [
        Line(
            "API Gateway, Cloud Map's hosted zone",
            {
                "http_api": traffic.uploads * PAGE_REQUESTS,
                "hosted_zone": counted["hosted_zones"],
            },
        ),
        tasks("all programs in one", counted),
        addresses(counted),
        Line(
            "database: Aurora while users are there, and for sweeps",
            {
                "aurora_acu": aurora_units(traffic, counted, turns),
                "aurora_gb": 10 + traffic.uploads * DATABASE_BYTES / GB,
                "aurora_io": traffic.uploads * WAL_BYTES / 4096,
            },
        ),
        *common(
            traffic,
            counted,
            sweeps=5 * turns + counts_of_dead_letters,
            looks=RESUMED * turns + counted["dead_letter_queues"] * counts_of_dead_letters,
            lists=turns,
            resumes=turns,
        ),
    ]


def tasks(names: str, counted: Mapping[str, float]) -> Line:
    """Those that always run."""
    keys = ("fargate_vcpu", "fargate_gb", "spot_vcpu", "spot_gb")
    where = "Spot, " if counted["spot_vcpu"] else ""
    return Line(
        f"tasks: {where}{names}", {key: counted[key] * HOURS for key in keys if counted[key]}
    )


def addresses(counted: Mapping[str, float]) -> Line:
    of_tasks, of_balancers = counted["task_addresses"], counted["balancer_addresses"]
    whose = f"{of_tasks:g} of tasks"
    if of_balancers:
        whose += f", {of_balancers:g} of the load balancer"
    return Line(f"public addresses: {whose}", {"ipv4": (of_tasks + of_balancers) * HOURS})


def aurora_units(traffic: Traffic, counted: Mapping[str, float], turns: float) -> float:
    """Hours of capacity units: as many as it may have while it works, and the fewest until it
    pauses."""
    pause, most = counted["aurora_pause_seconds"], counted["aurora_units"]
    works = traffic.busy_hours(VISIT_SECONDS)
    rests = traffic.busy_hours(VISIT_SECONDS + pause) - works
    sweeps = turns * (SWEEP_SECONDS + pause) / 3600
    return most * works + RESTING_UNITS * (rests + sweeps)


def worker_hours(traffic: Traffic, counted: Mapping[str, float]) -> float:
    """Hours in which a task runs that only imports: when enough hints wait, or when the portal's
    task would import for more than half of the day."""
    is_late = traffic.uploads * IMPORT_SECONDS > WORK_HOURS * 3600 / 2
    if traffic.at_once >= counted["worker_hints"] or is_late:
        return traffic.busy_hours(WORKER_LINGERS)
    return 0.0


def common(
    traffic: Traffic,
    counted: Mapping[str, float],
    *,
    sweeps: float,
    looks: float,
    lists: float,
    resumes: float,
) -> list[Line]:
    """The lines of both layouts; in a month: periodic tasks, reads of a queue's length, lists of
    the bucket, and sweeps for stalled uploads."""
    uploads = traffic.uploads
    up = worker_hours(traffic, counted)
    vcpu, gigabytes = counted["worker_vcpu"], counted["worker_gb"]
    alarms, dashboards = counted["alarm_metrics"], counted["dashboards"]
    # Four counts of rows and BatchSeconds, five types of error, two figures of two final statuses,
    # and the two filters are written in hours with uploads; those of queues with every such sweep.
    metrics = (16 * traffic.busy_hours(3600) + 2 * RESUMED * min(HOURS, resumes)) / HOURS
    polls = (counted["pollers"] * HOURS + up) * POLLS
    log_bytes = LOG_BYTES + DATABASE_LOG_BYTES
    return [
        Line(
            f"import worker: Spot, {vcpu:g} vCPU",
            {"spot_vcpu": vcpu * up, "spot_gb": gigabytes * up, "ipv4": up},
        ),
        Line(f"secrets: {counted['secrets']:g}", {"secret": counted["secrets"]}),
        Line(
            f"alarms on {alarms:g} metrics, {dashboards:g} dashboard",
            {"alarm": alarms, "dashboard": dashboards},
        ),
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
                + FORWARDER_LOOKS * HOURS * counted["forwarder_looks"]
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


def total(lines: Sequence[Line], region: str = HOME) -> float:
    return sum(line.cost(region) for line in lines)


def free_of_charge(lines: Sequence[Line], region: str = HOME) -> float:
    """What an account with nothing else saves by using its monthly free allowances here."""
    amounts: Counter[str] = Counter()
    for line in lines:
        amounts.update(line.amounts)
    return sum(
        PRICES[key].of(min(amount, PRICES[key].free), region) for key, amount in amounts.items()
    )


def net(lines: Sequence[Line], region: str = HOME) -> float:
    """What is left to pay then."""
    return total(lines, region) - free_of_charge(lines, region)
