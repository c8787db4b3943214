"""The metrics that alarms, the dashboard and scaling use: AWS's own, with the names of our
resources, and the application's (imports/monitoring/metrics.py)."""

from typing import NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from deploy.aws.deployment import Deployment

OURS = "Onboarding"
MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)
SLOWEST = "p95"  # of the answers: one of twenty takes longer


class Answers(NamedTuple):
    """How what stands before the portal answers."""

    errors: cloudwatch.IMetric  # 5xx responses
    seconds: cloudwatch.IMetric  # from a request to its answer, 95th percentile


def queue(
    name: str, what: str, *, statistic: str = "Maximum", period: Duration = MINUTE
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name=what,
        dimensions_map={"QueueName": name},
        statistic=statistic,
        period=period,
    )


def tasks(chosen: Deployment, service: str) -> cloudwatch.Metric:
    """The number of running tasks of a service, counted by their CPU reports, one per minute.

    Container Insights measures it directly, but costs more than the tasks.
    """
    return cloudwatch.Metric(
        namespace="AWS/ECS",
        metric_name="CPUUtilization",
        dimensions_map={"ClusterName": chosen.name, "ServiceName": service},
        statistic="SampleCount",
        period=MINUTE,
        label=service,
    )


def memory(chosen: Deployment, *services: str) -> cloudwatch.MathExpression:
    """The share of its memory, in percent, that the fullest task of these services uses. A service
    without a task uses none."""
    return cloudwatch.MathExpression(
        label="Memory of the fullest task",
        expression=f"MAX([{', '.join(f'FILL({service}, 0)' for service in services)}])",
        using_metrics={
            service: cloudwatch.Metric(
                namespace="AWS/ECS",
                metric_name="MemoryUtilization",
                dimensions_map={"ClusterName": chosen.name, "ServiceName": service},
                statistic="Maximum",
                period=FIVE_MINUTES,
            )
            for service in services
        },
        period=FIVE_MINUTES,
    )


def database(
    chosen: Deployment, what: str, *, statistic: str = "Average", period: Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    key = "DBClusterIdentifier" if chosen.is_compact else "DBInstanceIdentifier"
    return cloudwatch.Metric(
        namespace="AWS/RDS",
        metric_name=what,
        dimensions_map={key: chosen.name},
        statistic=statistic,
        period=period,
    )


def ours(
    name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    """One of our metrics without dimensions, as a metric filter writes it."""
    return cloudwatch.Metric(namespace=OURS, metric_name=name, statistic=statistic, period=period)


def oldest_upload() -> cloudwatch.Metric:
    """How long the oldest due upload has waited, which the sweep that resumes uploads measures."""
    return cloudwatch.Metric(
        namespace=OURS,
        metric_name="OldestSeconds",
        dimensions_map={"Queue": "imports"},
        statistic="Maximum",
        period=FIVE_MINUTES,
    )


def every(
    dimensions: str, name: str, *, statistic: str = "Sum", each: str = "", period: Duration = MINUTE
) -> cloudwatch.MathExpression:
    """One of our metrics for every current value of its dimensions.

    `each` is an expression in which `found` means those metrics.
    """
    seconds = int(period.to_seconds())
    found = f"SEARCH('{{{OURS},{dimensions}}} MetricName=\"{name}\"', '{statistic}', {seconds})"
    return cloudwatch.MathExpression(
        expression=(each or "found").replace("found", found),
        using_metrics={},
        label="" if not each else name,
        period=period,
    )
