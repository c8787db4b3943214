"""Who looks: alarms to the data stack's topic, and one dashboard."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws import dashboard, measures
from deploy.aws.alarms import ALARMS
from deploy.aws.data_stack import DataStack
from deploy.aws.deployment import Deployment
from deploy.aws.measures import FIVE_MINUTES

HOUR = cdk.Duration.hours(1)
GIB = 2**30
QUEUES = ("events", "imports", "maintenance")
OLDEST_MINUTES = {"events": 5, "imports": 30, "maintenance": 30}

# Ends of tasks that nobody asked for. A deployment, scaling and Spot have other codes.
UNASKED = [
    {"stopCode": ["EssentialContainerExited", "TaskFailedToStart"]},
    {"stoppedReason": [{"prefix": "Task failed"}]},  # its health checks
]


class WatchStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        chosen: Deployment,
        data: DataStack,
        portal_errors: cloudwatch.IMetric,
        **options: Any,
    ) -> None:
        super().__init__(scope, name, **options)
        self._chosen = chosen
        topic = sns.Topic.from_topic_arn(self, "Topic", data.arn("AlarmTopic"))
        self._tell = actions.SnsAction(topic)
        sns.CfnSubscription(
            self,
            "Operators",
            topic_arn=data.arn("AlarmTopic"),
            protocol="email",
            endpoint=chosen.alarm_mailbox,
        )
        self._of_queues()
        self._of_uploads()
        self._of_tasks()
        self._alarm("portal-errors", portal_errors, above=9)
        self._of_the_database()
        self._of_mail()
        dashboard.draw(self, chosen, portal_errors)

    def _of_queues(self) -> None:
        for queue in QUEUES:
            name = f"{self._chosen.name}-{queue}"
            dead = measures.queue(f"{name}-dead-letter", "ApproximateNumberOfMessagesVisible")
            self._alarm(f"{queue}-dead-letters", dead, above=0)
            oldest = measures.queue(name, "ApproximateAgeOfOldestMessage")
            limit = 60 * OLDEST_MINUTES[queue]
            self._alarm(f"{queue}-waiting", oldest, above=limit, periods=10)
        sent = measures.queue(
            f"{self._chosen.name}-maintenance",
            "NumberOfMessagesSent",
            statistic="Sum",
            period=FIVE_MINUTES,
        )
        # Both layouts look at the dead letters every five minutes or more often.
        self._alarm("beat-silent", sent, below=1, periods=4, silence_is_bad=True)

    def _of_uploads(self) -> None:
        """By the lines that the application writes for every upload that ended.

        Their own metrics have the data set as a dimension, and an alarm cannot add up dimensions
        that it does not know.
        """
        self._count("UploadsFailed", '{ $.UploadsEnded = 1 && $.Status = "failed" }')
        self._count(
            "UploadsSucceeded",
            '{ $.UploadsEnded = 1 && ($.Status = "completed" || $.Status = "partial") }',
        )
        self._alarm("failed-uploads", measures.ours("UploadsFailed", period=HOUR), above=4)
        arrived = measures.queue(
            f"{self._chosen.name}-events", "NumberOfMessagesSent", statistic="Sum", period=HOUR
        )
        in_vain = cloudwatch.MathExpression(
            label="Files arrived, none succeeded",
            expression="IF(arrived > 0 AND FILL(succeeded, 0) == 0, 1, 0)",
            using_metrics={
                "arrived": arrived,
                "succeeded": measures.ours("UploadsSucceeded", period=HOUR),
            },
            period=HOUR,
        )
        self._alarm("no-successful-uploads", in_vain, above=0, periods=2)

    def _count(self, name: str, pattern: str) -> None:
        worker = self._chosen.log_group("worker")
        logs.CfnMetricFilter(
            self,
            name,
            log_group_name=worker,
            filter_pattern=pattern,
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=measures.OURS,
                    metric_name=name,
                    metric_value="1",
                    default_value=0,  # so that it is there before the first one
                )
            ],
        )

    def _of_tasks(self) -> None:
        """Stopped tasks are noted in a log, with their reasons, and counted."""
        log = logs.LogGroup(
            self,
            "StoppedTasks",
            log_group_name=self._chosen.log_group("stopped-tasks"),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": log.log_group_arn,
                }
            ],
        }
        writer = logs.CfnResourcePolicy(
            self,
            "MayBeNoted",
            policy_name=f"{self._chosen.name}-stopped-tasks",
            policy_document=self.to_json_string(policy),
        )
        cluster = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:cluster"
        rule = events.CfnRule(
            self,
            "Stopped",
            name=f"{self._chosen.name}-stopped-tasks",
            event_pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [f"{cluster}/{self._chosen.name}"],
                    "lastStatus": ["STOPPED"],
                    "group": [{"prefix": "service:"}],
                    "$or": UNASKED,
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="log",
                    # The log group's ARN as others write it, without what follows its name.
                    arn=f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}"
                    f":log-group:{self._chosen.log_group('stopped-tasks')}",
                )
            ],
        )
        rule.node.add_dependency(writer)
        stopped = cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="TriggeredRules",
            dimensions_map={"RuleName": rule.ref},
            statistic="Sum",
            period=cdk.Duration.minutes(15),
        )
        self._alarm("worker-restarts", stopped, above=2)

    def _of_the_database(self) -> None:
        chosen = self._chosen
        if chosen.is_compact:
            volume = measures.database(chosen, "VolumeBytesUsed", period=HOUR)
            self._alarm("database-storage", volume, above=40 * GIB)
            cpu = measures.database(chosen, "ACUUtilization")
        else:
            free = measures.database(chosen, "FreeStorageSpace", statistic="Minimum")
            self._alarm("database-storage", free, below=4 * GIB)
            cpu = measures.database(chosen, "CPUUtilization")
        self._alarm("database-cpu", cpu, above=80, periods=3)
        connections = measures.database(chosen, "DatabaseConnections", statistic="Maximum")
        self._alarm("database-connections", connections, above=60)

    def _of_mail(self) -> None:
        bounced = cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name="Reputation.BounceRate",
            statistic="Maximum",
            period=HOUR,
        )
        self._alarm("bounced-mail", bounced, above=0.04)

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        silence_is_bad: bool = False,
    ) -> None:
        operators = cloudwatch.ComparisonOperator
        silence = cloudwatch.TreatMissingData
        is_below = below is not None
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._chosen.name}-{name}",
            alarm_description=f"{ALARMS[name]} See docs/operate.md, Alarm: {name}.",
            metric=metric,
            threshold=float(below if below is not None else above or 0),
            comparison_operator=operators.LESS_THAN_THRESHOLD
            if is_below
            else operators.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=silence.BREACHING if silence_is_bad else silence.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)
