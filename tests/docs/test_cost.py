"""The cost page agrees with the cost model, and the model with the system."""

import re
from urllib.parse import urlsplit

import pytest

from deploy import bill, cost
from deploy.bill import PRICES, Traffic, compact, free_of_charge, standard, total
from imports import datasets
from imports.monitoring.queues import all_queues
from tests.docs.pages import ROOT, section, table
from tests.docs.test_configuration import settings_read

SWEEPS = ("RESUME", "MISSING_EVENTS", "SCHEDULES", "CLEAN_UP", "DEAD_LETTERS", "MAIL_EVENTS")


def test_the_page_is_up_to_date() -> None:
    assert cost.PAGE.read_text() == cost.page(), "update it: .venv/bin/python -m deploy.cost"


def test_every_price_names_its_source_and_is_used() -> None:
    lines = [*standard(Traffic(1)), *compact(Traffic(1))]
    used = {key for line in lines for key in line.amounts}
    assert PRICES.keys() - used == {
        "nat",
        "fargate_x86_vcpu",
        "fargate_x86_gb",
    }  # for comparison only
    for price in PRICES.values():
        assert urlsplit(f"https://{price.source}").netloc == "aws.amazon.com"
        assert price.usd > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", bill.price_table()["date"])


def test_the_idle_system_agrees_with_the_default_settings() -> None:
    defaults = {name: value.strip("`") for name, value in settings_read().items()}
    an_hour = {name: 3600 / int(defaults[f"{name}_EVERY_SECONDS"]) for name in SWEEPS}
    assert sum(an_hour.values()) == bill.SWEEPS
    assert (an_hour["RESUME"], an_hour["DEAD_LETTERS"], an_hour["MISSING_EVENTS"]) == (120, 60, 12)
    for counted in bill.COUNTED.values():
        assert counted["dead_letter_queues"] == len(all_queues())
    assert 3600 / int(defaults["SQS_WAIT_SECONDS"]) == bill.POLLS
    assert len(datasets.all_datasets()) == bill.DATA_SETS


@pytest.mark.parametrize("layout", [standard, compact])
def test_a_bill_rises_with_use_and_falls_when_uploads_are_batched(layout: cost.Layout) -> None:
    bills = [total(layout(Traffic(uploads))) for uploads in (0, 1_000, 10_000, 100_000)]
    assert bills == sorted(bills)
    assert total(layout(Traffic(1_000, at_once=10))) < bills[1]
    assert 0 < free_of_charge(layout(Traffic(0))) < bills[0]


def test_the_pages_claims_about_twenty_dollars_are_true() -> None:
    paid = bill.net(compact(Traffic(1_000)))
    assert bill.net(compact(Traffic(1_000, cost.BATCH))) < paid < 20 < paid + cost.without_spot()


def test_frankfurt_costs_more() -> None:
    for layout in (standard, compact):
        lines = layout(Traffic(1_000))
        assert total(lines) < total(lines, bill.FRANKFURT) < 1.3 * total(lines)


def test_a_worker_helps_when_the_compact_portal_cannot_import_alone() -> None:
    counted = bill.COUNTED["compact"]
    assert bill.worker_hours(Traffic(1_000), counted) == 0
    assert bill.worker_hours(Traffic(1_000, at_once=int(counted["worker_hints"])), counted) > 0
    assert bill.worker_hours(Traffic(100_000), counted) > 0


def test_the_readme_says_the_same() -> None:
    def paid(layout: cost.Layout, uploads: int, at_once: int = 1) -> str:
        return f"${bill.net(layout(Traffic(uploads, at_once))):.0f}"

    said = {row[0]: row[1:] for row in table(section(ROOT / "README.md", "Deploy"))}
    assert said["a month, idle"] == [paid(standard, 0), paid(compact, 0)]
    assert said["a month, 1,000 uploads of 1,000 rows"] == [
        f"{paid(layout, 1_000, cost.BATCH)} to {paid(layout, 1_000)}"
        for layout in (standard, compact)
    ]
    assert said["a month, 10,000 uploads of 1,000 rows"] == [
        paid(standard, 10_000),
        f"{paid(compact, 10_000, cost.BATCH)} to {paid(compact, 10_000)}",
    ]


def test_a_line_is_the_sum_of_its_parts() -> None:
    line = bill.Line("two hours of a load balancer and a million requests", {"alb": 2, "sqs": 1e6})
    assert line.usd == pytest.approx(2 * 0.0225 + 0.40)
    assert free_of_charge([line]) == pytest.approx(0.40)
