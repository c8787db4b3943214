"""Workers scale up from zero and back to zero, controlled by the imports queue alone."""

from itertools import pairwise
from typing import Any

from deploy.aws.deployment import LAYOUTS
from deploy.aws.templates import Layout


def alarm(layout: Layout, end: str) -> dict[str, Any]:
    alarms = layout.resources("CloudWatch::Alarm", "workers").values()
    (found,) = (each for each in alarms if each["AlarmName"].endswith(end))
    return found


def policy(layout: Layout, end: str) -> dict[str, Any]:
    (reference,) = alarm(layout, end)["AlarmActions"]
    found = layout.template("workers")["Resources"][reference["Ref"]]["Properties"]
    steps: dict[str, Any] = found["StepScalingPolicyConfiguration"]
    return steps


def workers(layout: Layout, visible: int) -> list[int]:
    """The number of workers in each step that applies to this number of visible hints."""
    over = visible - alarm(layout, "work-waits")["Threshold"]
    return [
        step["ScalingAdjustment"]
        for step in policy(layout, "work-waits")["StepAdjustments"]
        if step["MetricIntervalLowerBound"] <= over < step.get("MetricIntervalUpperBound", 10**9)
    ]


def test_a_deployment_does_not_set_the_number_of_workers(layout: Layout) -> None:
    worker = layout.services()["worker"]
    assert "DesiredCount" not in worker
    assert [each["CapacityProvider"] for each in worker["CapacityProviderStrategy"]] == [
        "FARGATE_SPOT"
    ]
    target = layout.scaling("worker")
    most = LAYOUTS[layout.key].max_workers
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, most)


EXPECTED = {
    "standard": {1: 1, 49: 1, 50: 2, 199: 2, 200: 4, 100_000: 4},
    # The portal's task imports the first ones itself.
    "compact": {20: 1, 199: 1, 200: 2, 100_000: 2},
}


def test_more_hints_start_more_workers(layout: Layout) -> None:
    expected = EXPECTED[layout.key]
    assert {visible: workers(layout, visible) for visible in expected} == {
        visible: [count] for visible, count in expected.items()
    }
    assert workers(layout, min(expected) - 1) == []
    waits = alarm(layout, "work-waits")
    assert (waits["MetricName"], waits["Period"], waits["EvaluationPeriods"]) == (
        "ApproximateNumberOfMessagesVisible",
        60,
        1,
    )
    assert waits["Dimensions"] == [{"Name": "QueueName", "Value": "onboarding-imports"}]


def test_steps_are_adjacent_and_do_not_overlap(layout: Layout) -> None:
    steps = policy(layout, "work-waits")["StepAdjustments"]
    assert policy(layout, "work-waits")["AdjustmentType"] == "ExactCapacity"
    assert steps[0]["MetricIntervalLowerBound"] == 0
    assert "MetricIntervalUpperBound" not in steps[-1]
    for step, following in pairwise(steps):
        assert step["MetricIntervalUpperBound"] == following["MetricIntervalLowerBound"]


def test_workers_end_after_ten_idle_minutes(layout: Layout) -> None:
    idle = alarm(layout, "no-work")
    assert (idle["EvaluationPeriods"], idle["Threshold"]) == (10, 0)
    assert idle["TreatMissingData"] == "notBreaching"
    asked = {
        query["Id"]: query.get("Expression") or query["MetricStat"]["Metric"]["MetricName"]
        for query in idle["Metrics"]
    }
    assert sorted(asked.values()) == [
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "CPUUtilization",
        "IF(FILL(workers, 0) > 0, visible + taken, 1)",
    ]
    assert policy(layout, "no-work")["StepAdjustments"] == [
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0}
    ]
