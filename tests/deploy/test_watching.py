"""Alarms notify operators and are in the runbook; metrics have the names the application uses."""

import json
import re
from typing import Any

import pytest

from deploy.aws import choices
from deploy.aws.alarms import ALARMS
from deploy.aws.templates import Layout, text
from imports.monitoring import metrics
from tests.docs.pages import ROOT

OPERATE = ROOT / "docs" / "operate.md"


def alarms(layout: Layout) -> dict[str, dict[str, Any]]:
    found = layout.resources("CloudWatch::Alarm", "watch").values()
    return {alarm["AlarmName"].removeprefix("onboarding-"): alarm for alarm in found}


def test_every_alarm_is_in_the_runbook() -> None:
    documented = re.findall(r"^### Alarm: (.+)$", OPERATE.read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(ALARMS)


def test_both_layouts_have_every_alarm_and_notify_operators(layout: Layout) -> None:
    found = alarms(layout)
    assert found.keys() == ALARMS.keys()
    for name, alarm in found.items():
        assert alarm["AlarmDescription"].startswith(ALARMS[name])
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert "AlarmTopic" in text(alarm["AlarmActions"][0])
    (subscription,) = layout.resources("SNS::Subscription", "watch").values()
    assert subscription["Protocol"] == "email"


def test_missing_data_raises_an_alarm_for_beat_only(layout: Layout) -> None:
    breaching = [
        name for name, said in alarms(layout).items() if said["TreatMissingData"] == "breaching"
    ]
    assert breaching == ["beat-silent"]


def emitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The metrics that the application writes, one of each kind."""
    lines: list[str] = []
    monkeypatch.setattr(metrics.log, "info", lines.append)
    metrics.rows(
        dataset="products",
        created=1,
        updated=1,
        unchanged=1,
        rejected={"INVALID_PRICE": 1},
        seconds=0.1,
    )
    for status in ("completed", "partial", "failed", "cancelled"):
        metrics.upload_ended(dataset="products", status=status, seconds=0.1)
    metrics.queue_age(queue="imports", waiting=1, oldest_seconds=0.1)
    return [json.loads(line) for line in lines]


def test_metric_filters_match_the_lines_of_the_application(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = layout.resources("Logs::MetricFilter")
    counted: dict[str, list[str]] = {name: [] for name in filters}
    for line in emitted(monkeypatch):
        for name, said in filters.items():
            # Evaluates the pattern as Python, with `$.x` as a field of the line.
            asked = said["FilterPattern"].strip("{} ").replace("= *", "!= None")
            asked = asked.replace("&&", "and").replace("||", "or").replace(" = ", " == ")
            if eval(re.sub(r"\$\.(\w+)", r"line.get('\1')", asked), {"line": line}):
                counted[name].append(line["Status"])
    assert counted == {
        "UploadsFailed": ["failed"],
        "UploadsSucceeded": ["completed", "partial"],
        "LongestUpload": ["completed", "partial", "failed", "cancelled"],
    }
    of_each = {
        name: said["MetricTransformations"][0]["MetricValue"] for name, said in filters.items()
    }
    assert of_each.pop("LongestUpload") == "$.UploadSeconds"
    assert set(of_each.values()) == {"1"}
    assert {said["LogGroupName"] for said in filters.values()} == {"/onboarding/worker"}
    watched = {each.get("MetricName") for each in alarms(layout).values()}
    watched |= {
        query["MetricStat"]["Metric"]["MetricName"]
        for each in alarms(layout).values()
        for query in each.get("Metrics", ())
        if "MetricStat" in query
    }
    assert filters.keys() <= watched
    log = layout.containers()["worker"]["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]
    group = layout.template("workers")["Resources"][log]["Properties"]
    assert group["LogGroupName"] == "/onboarding/worker"


def test_the_alarm_of_memory_watches_every_service(layout: Layout) -> None:
    queries = alarms(layout)["task-memory"]["Metrics"]
    watched = {
        dimension["Value"]
        for query in queries
        if "MetricStat" in query
        for dimension in query["MetricStat"]["Metric"]["Dimensions"]
        if dimension["Name"] == "ServiceName"
    }
    assert watched == layout.services().keys()


def test_uploads_that_take_longer_than_promised_raise_alarms(layout: Layout) -> None:
    found = alarms(layout)
    for name in ("oldest-upload", "slow-uploads"):
        assert found[name]["Threshold"] == 300
    assert found["imports-waiting"]["Threshold"] == 300
    assert found["portal-slow"]["Threshold"] == 2


def test_an_alarm_watches_the_oldest_upload_as_the_application_measures_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = alarms(layout)["oldest-upload"]
    (line,) = (line for line in emitted(monkeypatch) if alarm["MetricName"] in line)
    assert alarm["Dimensions"] == [{"Name": "Queue", "Value": line["Queue"]}]
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Queue"]]
    assert alarm["Namespace"] == metrics.NAMESPACE


def test_the_dashboard_shows_metrics_of_the_application(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dashboard,) = layout.resources("CloudWatch::Dashboard").values()
    shown = set(
        re.findall(
            r"\{Onboarding,([\w,]+)\} MetricName=\\+\"(\w+)", text(dashboard["DashboardBody"])
        )
    )
    written = {
        (",".join(described["Dimensions"][0]), metric["Name"])
        for line in emitted(monkeypatch)
        for described in line["_aws"]["CloudWatchMetrics"]
        for metric in described["Metrics"]
    }
    assert shown <= written
    assert {name for _, name in shown} == {
        *("UploadsEnded", "UploadSeconds", "RowsImported", "RowErrors", "OldestSeconds"),
    }
    titles = {widget["properties"]["title"] for widget in widgets(dashboard)}
    assert {"Tasks", "Dead letters", "Database", "Messages waiting"} <= titles


def widgets(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text(dashboard["DashboardBody"]))["widgets"]
    return found


def test_operators_hear_of_the_bill_before_the_budget_is_spent(layout: Layout) -> None:
    (budget,) = layout.resources("Budgets::Budget").values()
    chosen = choices.read()
    limit = {"Amount": chosen["monthly_budget"], "Unit": "USD"}
    assert (budget["Budget"]["BudgetLimit"], budget["Budget"]["TimeUnit"]) == (limit, "MONTHLY")
    assert "CostFilters" not in budget["Budget"], "a tag counts only once it is activated"
    said = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in budget["NotificationsWithSubscribers"]
    }
    assert said == {("ACTUAL", 80), ("FORECASTED", 100)}
    for each in budget["NotificationsWithSubscribers"]:
        assert each["Subscribers"] == [
            {"SubscriptionType": "EMAIL", "Address": chosen["alarm_mailbox"]}
        ]
