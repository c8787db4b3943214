"""A dashboard of the imports. From top to bottom: results, throughput, infrastructure."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from deploy.aws import measures
from deploy.aws.deployment import Deployment
from deploy.aws.measures import FIVE_MINUTES

SERVICES = {
    "standard": ("web", "forwarder", "clock", "worker"),
    "compact": ("portal", "worker"),
}


def draw(stack: cdk.Stack, chosen: Deployment, portal: measures.Answers) -> None:
    dashboard = cloudwatch.Dashboard(
        stack, "Dashboard", dashboard_name=chosen.name, default_interval=cdk.Duration.hours(12)
    )
    names = ("events", "imports", "maintenance", "mail", "webhooks")
    queues = [f"{chosen.name}-{queue}" for queue in names]
    waiting = "ApproximateNumberOfMessagesVisible"
    oldest = "ApproximateAgeOfOldestMessage"
    of_database = ("CPUUtilization", "DatabaseConnections")
    of_storage = ("ServerlessDatabaseCapacity", "VolumeBytesUsed")
    storage = of_storage if chosen.is_compact else ("FreeStorageSpace",)
    for row in (
        (
            _graph(
                "Finished uploads by status",
                measures.every("DataSet,Status", "UploadsEnded", period=FIVE_MINUTES),
            ),
            _graph(
                "Rows imported per second",
                measures.every("DataSet", "RowsImported", each="SUM(found) / 60"),
            ),
            _graph(
                "Row errors by type",
                measures.every("DataSet,ErrorType", "RowErrors", period=FIVE_MINUTES),
            ),
        ),
        (
            _graph(
                "Duration of an upload (average seconds)",
                measures.every("DataSet,Status", "UploadSeconds", statistic="Average"),
            ),
            _graph("Messages waiting", *(measures.queue(queue, waiting) for queue in queues)),
            _graph(
                "Age of the oldest message and of the oldest due upload (seconds)",
                *(measures.queue(queue, oldest) for queue in queues),
                measures.every("Queue", "OldestSeconds", statistic="Maximum"),
            ),
        ),
        (
            _graph(
                "Dead letters",
                *(measures.queue(f"{queue}-dead-letter", waiting) for queue in queues),
            ),
            _graph(
                "Tasks", *(measures.tasks(chosen, name) for name in SERVICES[chosen.layout.key])
            ),
            _graph("Portal errors", portal.errors),
        ),
        (
            _graph("Database", *(measures.database(chosen, name) for name in of_database)),
            _graph("Database size", *(measures.database(chosen, name) for name in storage)),
            _graph("Seconds to answer, 95th percentile", portal.seconds),
        ),
    ):
        dashboard.add_widgets(*row)


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
