"""Writes docs/cost.md: `.venv/bin/python -m deploy.cost`. The model is bill.py, the prices are in
prices.toml, and what is billed is counted from the templates in counted.toml."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from deploy import bill
from deploy.bill import (
    FRANKFURT,
    HOME,
    HOURS,
    PRICES,
    Line,
    Traffic,
    compact,
    free_of_charge,
    net,
    standard,
    total,
)

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

Written by `deploy/cost.py` from the prices of {table["date"]} in `deploy/prices.toml` (US dollars a month, before tax and
discounts) and from `deploy/counted.toml`, the tasks, addresses, alarms and secrets in the templates; tests fail if they
disagree. To write it again: `.venv/bin/python -m deploy.aws.counted`, then `.venv/bin/python -m deploy.cost`.
An upload has 1,000 rows, of which 50 are invalid.

## Summary

In {HOME}:

{summary(HOME)}

In Frankfurt ({FRANKFURT}), by prices from memory:

{summary(FRANKFURT)}

![Dollars a month of both layouts, when idle and with 1,000, 10,000 and 100,000 uploads, by what they are for; the numbers are below](images/cost.svg)

“Free allowances” are those that AWS gives every account each month, without a time limit ({usd(free_of_charge(standard(IDLE)))}
in {HOME}): they apply in full if the account has nothing else. “One by one” means at random moments of {bill.WORK_HOURS:.0f} working hours. “In
batches” means {BATCH} at a time, as from a vendor with {BATCH} files. That makes no difference to the always-on parts, and a large one to
parts that pause in between: Aurora stays for five minutes after the last visitor, and the standard layout's worker for ten after the last file.

So the compact layout stays below $20 for 1,000 uploads a month in {HOME}, also one by one. That needs Spot: with `"spot": false` in
`deploy/aws/cdk.json` it costs {usd(without_spot())} more, and AWS does not take the portal's task back
([Scale](operate.md#scale) says what that means). If users work all day, RDS ({usd(rds_alone())}) costs less than an Aurora that never pauses.

## What each layout provides

| | standard | compact |
|---|---|---|
| availability | two web tasks in two zones behind a load balancer; the database in one zone, or in two with the switch `multi_az` (twice its price) | below 99.9 %: one task in one zone, unavailable for a minute at every deployment |
| first page after a pause | at once | 15 s or more while Aurora resumes; it may be a 503 of the gateway, after 30 s |
| largest file | 10 MB; metrics and any CSV 250 MB and more | 9.5 MB of every kind, because API Gateway accepts 10 MB a request; a request may take 30 s at most |
| largest download | any | 10 MB, because API Gateway returns no more; CSV files are sent compressed, which is about a fifth |
| work that no message announced (a lost hint, an event of S3 that never came, a due schedule) | found within 30 s, 5 min, 1 min | within 6 hours |
| first file after a pause | waits for a worker, one or two minutes | is imported at once, on a quarter of a CPU |
| grows by itself to | four workers, 100 GB of database | two more workers, one Aurora unit |
| isolation | each program may do only its own part; imports do not slow down pages | one task may do all of it; imports slow down pages |
| Spot | import workers only | the portal, too: AWS may take it back with two minutes' notice, and it is away for a minute or two, longer without capacity |

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
- Aurora uses all of its {bill.COUNTED["compact"]["aurora_units"]:g} unit for {bill.VISIT_SECONDS / 60:.0f} minutes of a visit, and {bill.RESTING_UNITS} while it waits to pause and for sweeps. This
  has not been observed. If it used all of it until it pauses, 1,000 uploads one by one would cost {usd(always_full())} less free allowances.
- Aurora pauses after {bill.COUNTED["compact"]["aurora_pause_seconds"] / 60:.0f} minutes without a connection. A worker of the standard layout runs for
  {bill.WORKER_LINGERS / 60:.0f} minutes after an upload, and one is enough: 1,000 rows take it less than a second. In the compact layout they take
  {bill.IMPORT_SECONDS} seconds of a quarter of a CPU; a worker helps if {bill.COUNTED["compact"]["worker_hints"]:g} hints wait, or if that is more than half of the day.
- Spot costs half the price. AWS changes it and guarantees nothing.
- The database's log, with every statement that modifies data (`log_statement=mod`), has {bill.DATABASE_LOG_BYTES // 1000} KB for an upload. Counted once, by hand.
- A browser makes {bill.PAGE_REQUESTS} requests for an upload, {bill.PAGE_BYTES // 1000} KB in all: from the login to the downloaded report. Counted once, by hand.
- Not included: tax, support, a domain, data in `Clients` and `csv-data` and its backups, your own KMS keys, emails of alarms.

## Prices

In Frankfurt, all of them are from memory; without a number, they are the same.

{prices()}
"""


def usd(amount: float) -> str:
    return f"${amount:,.2f}"


def mb(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


def rows(lines: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def summary(region: str) -> str:
    head = [["", "idle", *(f"{n:,} uploads" for n in VOLUMES)], ["---", *["---:"] * 4]]
    body = []
    for name, layout in (("standard", standard), ("compact", compact)):
        body += [
            [f"**{name}**, one by one", *amounts(total, layout, 1, region)],
            ["less free allowances", *amounts(net, layout, 1, region)],
            ["in batches", *amounts(total, layout, BATCH, region)],
            ["less free allowances", *amounts(net, layout, BATCH, region)],
        ]
    return rows([*head, *body])


def amounts(
    what: Callable[[list[Line], str], float], layout: Layout, at_once: int, region: str
) -> list[str]:
    return [usd(what(layout(Traffic(volume, at_once)), region)) for volume in (0, *VOLUMES)]


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
    (line,) = (each for each in standard(IDLE) if each.what.startswith("database"))
    return line.usd


def without_spot() -> float:
    """What the tasks of the compact layout would cost more."""
    (tasks,) = (each for each in compact(IDLE) if each.what.startswith("tasks"))
    usual = {key.replace("spot", "fargate"): n for key, n in tasks.amounts.items()}
    return Line("", usual).usd - tasks.usd


def always_full() -> float:
    """A month of 1,000 uploads one by one, if Aurora never used fewer units than it may."""
    traffic, counted = Traffic(1_000), bill.COUNTED["compact"]
    seconds = bill.VISIT_SECONDS + counted["aurora_pause_seconds"]
    turns = HOURS * 3600 / counted["resume_seconds"]
    sweeps = turns * (bill.SWEEP_SECONDS + counted["aurora_pause_seconds"]) / 3600
    full = counted["aurora_units"] * (traffic.busy_hours(seconds) + sweeps)
    more = full - bill.aurora_units(traffic, counted, turns)
    return net(compact(traffic)) + PRICES["aurora_acu"].of(more)


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
                f"the same two tasks, each with a public address; alarms on {bill.COUNTED['standard']['alarm_metrics']:g} metrics",
            ],
            [
                "compact with RDS",
                "$26",
                usd(net(small) - aurora.usd + rds_alone()),
                "the task has 1 GB, because five programs share it, but on Spot; Cloud Map's hosted zone",
            ],
            [
                "compact",
                "$16.4",
                usd(net(small)),
                "Spot, and Aurora runs only four times a day",
            ],
            [
                "compact with 1,000 uploads",
                "$18–19",
                f"{usd(net(batched))} to {usd(net(compact(Traffic(1_000))))}",
                "in batches, or one by one all day. Packed rows cost almost nothing, Aurora's time does",
            ],
        ]
    )


def prices() -> str:
    head = [["what", "dollars", "in Frankfurt", "for", "free", "AWS's page", "read on"]]
    head.append(["---", "---:", "---:", "---", "---:", "---", "---"])
    body = [
        [
            price.what,
            f"{price.usd:g}",
            f"{price.frankfurt:g}" if price.frankfurt else "",
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
