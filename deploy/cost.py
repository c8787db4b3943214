"""Writes docs/cost.md: `.venv/bin/python -m deploy.cost`. The model is bill.py, the prices are in
prices.toml."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from deploy import bill
from deploy.bill import HOURS, PRICES, Line, Traffic, compact, free_of_charge, standard, total

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cost.md"
VOLUMES = (1_000, 10_000, 100_000)
IDLE = Traffic(0)
BATCH = 10
Layout = Callable[[Traffic], list[Line]]


def page() -> str:
    """The whole document."""
    table = bill.price_table()
    return f"""\
# Costs

Written by `deploy/cost.py` from the prices of {table["date"]} in `deploy/prices.toml` ({table["region"]}, US dollars a
month, before tax and discounts); a test fails if they disagree. To write it again: `.venv/bin/python -m deploy.cost`.
An upload has 1,000 rows, of which 50 are invalid.

## Summary

{summary()}

![Dollars a month of both layouts, when idle and with 1,000, 10,000 and 100,000 uploads, by what they are for; the numbers are below](images/cost.svg)

“Free allowances” are those that AWS gives every account each month, without a time limit ({usd(free_of_charge(standard(IDLE)))}
here): they apply in full if the account has nothing else. In the first two rows of each layout, uploads come one by one, at random moments
of {bill.WORK_HOURS:.0f} working hours. “In batches” means {BATCH} at a time, as from a vendor with {BATCH} files. That makes no
difference to the always-on parts, and a large one to parts that pause in between: the worker stays for ten minutes after its last
file, and Aurora for five after the last visitor.

So the compact layout stays below $20 for 1,000 uploads a month only if they come in batches. If users work all day,
RDS ({usd(rds_alone())}) costs less than an Aurora that never pauses.

## What each layout provides

| | standard | compact |
|---|---|---|
| availability | two web tasks in two zones behind a load balancer; the database in one zone, or in two with the switch `multi_az` (twice its price) | below 99.9 %: one task in one zone, unavailable for a minute at every deployment |
| first page after a pause | at once | 15 s or more while Aurora resumes; it may be a 503 of the gateway, after 30 s |
| largest file | 10 MB | 9.5 MB, because API Gateway accepts 10 MB a request; a request may take 30 s at most |
| work that no message announced (a lost hint, an event of S3 that never came, a due schedule) | found within 30 s, 5 min, 1 min | within 6 hours |
| first file after a pause | waits for a worker, one or two minutes | the same |
| grows by itself to | four workers, 100 GB of database | two workers, four Aurora units |

## Line by line

{line_by_line()}

The column “idle” is the fixed cost. The database's line includes the growth by the month's rows, if all of them are new
products ({mb(bill.DATABASE_BYTES)} an upload); they stay, so the next month begins with them.

## Requests of an upload

Counted on the running system by `tests/faults/test_bill.py` (part of `make faults`): every process as on AWS, with the default
intervals, and a proxy that records each request to AWS while a file of 1,000 rows with all 14 columns ({mb(bill.FILE_BYTES)}) is
uploaded through the form.

| | for one upload | dollars for 1,000 uploads |
|---|---|---|
{per_upload()}

The polls of an idle system are known too: a process polls a queue every 20 s, {HOURS * bill.POLLS:,.0f} times a month, and four or five processes do.
One DynamoDB item per row would be at least 1,000 write units instead of {bill.PER_UPLOAD["dynamodb_write"]}:
{usd(1000 * 1000 * PRICES["dynamodb_write"].usd / 1e6)} for 1,000 uploads instead of {usd(by_key("dynamodb_write", 1000))}
([decision 1](decisions/0001-row-status-in-postgresql-staging-in-packed-runs.md)).

## Comparison with the first model

Before the system was built, a model estimated the cost of the layouts without uploads. Its components are not recorded; the reasons
below explain the differences. Free allowances are deducted, because its $16.4 cannot be reached without them.

{first_model_comparison()}

## Assumptions

- Vendors send files in {bill.WORK_HOURS:.0f} hours of the month's {HOURS:.0f}. With more hours, Aurora runs longer.
- Aurora uses 1 unit while users are there and 0.5 for a sweep. This has not been observed.
- A visit keeps Aurora running for {bill.VISIT_LINGERS / 60:.0f} minutes, a sweep for {bill.SWEEP_LINGERS / 60:.1f}; a worker runs for
  {bill.WORKER_LINGERS / 60:.0f} minutes after an upload, and one worker is enough: 1,000 rows take it less than a second.
- Spot costs half the price. AWS changes it and guarantees nothing.
- The database's log, with every statement that modifies data (`log_statement=mod`), has {bill.DATABASE_LOG_BYTES // 1000} KB for an upload. Counted once, by hand.
- A browser makes {bill.PAGE_REQUESTS} requests for an upload, {bill.PAGE_BYTES // 1000} KB in all: from the login to the downloaded report. Counted once, by hand.
- Not included: tax, support, a domain, data in `Clients` and `csv-data` and its backups, your own KMS keys, emails of alarms.

## Prices

{prices()}
"""


def usd(amount: float) -> str:
    return f"${amount:,.2f}"


def mb(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


def rows(lines: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def summary() -> str:
    head = [["", "idle", *(f"{n:,} uploads" for n in VOLUMES)], ["---", *["---:"] * 4]]
    body = []
    for name, layout in (("standard", standard), ("compact", compact)):
        body += [
            [f"**{name}**", *amounts(layout, 1, with_free=False)],
            ["less free allowances", *amounts(layout, 1, with_free=True)],
            ["and in batches", *amounts(layout, BATCH, with_free=True)],
        ]
    return rows([*head, *body])


def amounts(layout: Layout, at_once: int, *, with_free: bool) -> list[str]:
    found = []
    for volume in (0, *VOLUMES):
        lines = layout(Traffic(volume, at_once))
        found.append(usd(total(lines) - with_free * free_of_charge(lines)))
    return found


def line_by_line() -> str:
    parts = []
    for name, layout in (("standard", standard), ("compact", compact)):
        bills = [layout(Traffic(volume)) for volume in (0, *VOLUMES)]
        table = [[name, "idle", *(f"{n:,}" for n in VOLUMES)], ["---", *["---:"] * 4]]
        table += [
            [same[0].what, *(usd(line.usd) for line in same)] for same in zip(*bills, strict=True)
        ]
        table.append(["**total**", *(f"**{usd(total(lines))}**" for lines in bills)])
        parts.append(rows(table))
    return "\n\n".join(parts)


def by_key(key: str, uploads: int) -> float:
    return uploads * bill.PER_UPLOAD[key] * PRICES[key].usd / PRICES[key].per


def per_upload() -> str:
    words = {
        "s3_put": "PUT: the file, the error report",
        "s3_get": "GET: by the worker; of the report, by the vendor",
        "sqs": "SQS requests: an event of S3, two hints and an event of SES, each sent, received and deleted",
        "dynamodb_write": "DynamoDB write units: 92 KB of packed rows, the upload's own item twice",
        "dynamodb_read": "DynamoDB read units",
        "ses": "email",
    }
    return rows(
        [what, str(bill.PER_UPLOAD[key]), usd(by_key(key, 1000))] for key, what in words.items()
    )


def rds_alone() -> float:
    return Line("", {"rds": HOURS, "rds_gb": 20}).usd


def first_model_comparison() -> str:
    """Variants by name: what the first model said, what this one says, and why they differ."""
    idle = standard(IDLE)
    tasks = next(line for line in idle if line.what.startswith("tasks"))
    x86 = Line(
        "",
        {
            "fargate_x86_vcpu": tasks.amounts["fargate_vcpu"],
            "fargate_x86_gb": tasks.amounts["fargate_gb"],
        },
    )
    # Private tasks have no addresses of their own; the gateway has one.
    nat = Line("", {"nat": HOURS, "ipv4": (1 - 4) * HOURS})
    small = compact(IDLE)
    aurora = next(line for line in small if line.what.startswith("database"))
    batched = compact(Traffic(1_000, BATCH))
    return rows(
        [
            ["", "first model", "this one", "why"],
            ["---", "---:", "---:", "---"],
            [
                "textbook: NAT, load balancer, always-on x86",
                "$103",
                usd(net(idle) + x86.usd - tasks.usd + nat.usd),
                "two more tasks run: a second web task, and the clock separate from the forwarder",
            ],
            [
                "standard, without NAT",
                "$62",
                usd(net(idle)),
                f"the same two tasks, each with a public address; alarms on {bill.ALARM_METRICS['standard']} metrics",
            ],
            [
                "compact with RDS",
                "$26",
                usd(net(small) - aurora.usd + rds_alone()),
                "the task has 1 GB, because six programs share it; 3 secrets; Cloud Map's hosted zone",
            ],
            [
                "compact",
                "$16.4",
                usd(net(small)),
                "the same items cost more, and Aurora, which runs only four times a day, costs less",
            ],
            [
                "compact with 1,000 uploads",
                "$18–19",
                f"{usd(net(batched))} to {usd(net(compact(Traffic(1_000))))}",
                "in batches, or one by one all day. Packed rows cost almost nothing; running time does",
            ],
        ]
    )


def net(lines: Sequence[Line]) -> float:
    return total(lines) - free_of_charge(lines)


def prices() -> str:
    head = [["what", "dollars", "for", "free", "AWS's page", "read on"]]
    head.append(["---", "---:", "---", "---:", "---", "---"])
    body = [
        [
            price.what,
            f"{price.usd:g}",
            f"{price.per:,} {price.unit}" if price.per > 1 else price.unit,
            f"{price.free:,}" if price.free else "",
            price.source,
            price.read or "**from memory**",
        ]
        for price in PRICES.values()
    ]
    return rows([*head, *body])


if __name__ == "__main__":
    PAGE.write_text(page())
