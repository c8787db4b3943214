"""Monitoring: alarms to the data stack's topic, and one dashboard."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import Aws
from aws_cdk import aws_budgets as budgets
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
PROMISED_SECONDS = 300  # in which an upload is taken up, and in which it ends
SLOW_ANSWER_SECONDS = 2
FULL_PERCENT = 90  # of a task's memory; at 100 it is killed
OLDEST_MINUTES = {"events": 5, "imports": 5, "maintenance": 30, "mail": 30, "webhooks": 30}
DEAD_LETTERS = (*OLDEST_MINUTES, "mail-events")  # which is read only every few minutes or hours

# Deployments, scaling and Spot interruptions have other codes.
UNEXPECTED_STOPS = [
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
        portal: measures.Answers,
        **options: Any,
    ) -> None:
        super().__init__(scope, name, **options)
        self._chosen = chosen
        topic = sns.Topic.from_topic_arn(self, "Topic", data.arn("AlarmTopic"))
        self._notify = actions.SnsAction(topic)
        sns.CfnSubscription(
            self,
            "Operators",
            topic_arn=data.arn("AlarmTopic"),
            protocol="email",
            endpoint=chosen.alarm_mailbox,
        )
        self._queue_alarms()
        self._upload_alarms()
        self._task_alarms()
        self._alarm("portal-errors", portal.errors, above=9)
        self._alarm("portal-slow", portal.seconds, above=SLOW_ANSWER_SECONDS, periods=3)
        self._database_alarms()
        self._email_alarm()
        self._budget()
        dashboard.draw(self, chosen, portal)

    def _queue_alarms(self) -> None:
        for queue in DEAD_LETTERS:
            name = f"{self._chosen.name}-{queue}-dead-letter"
            dead = measures.queue(name, "ApproximateNumberOfMessagesVisible")
            self._alarm(f"{queue}-dead-letters", dead, above=0)
        for queue, minutes in OLDEST_MINUTES.items():
            name = f"{self._chosen.name}-{queue}"
            oldest = measures.queue(name, "ApproximateAgeOfOldestMessage")
            self._alarm(f"{queue}-waiting", oldest, above=60 * minutes, periods=10)
        sent = measures.queue(
            f"{self._chosen.name}-maintenance",
            "NumberOfMessagesSent",
            statistic="Sum",
            period=FIVE_MINUTES,
        )
        # Both layouts check the dead-letter queues at least every five minutes.
        self._alarm("beat-silent", sent, below=1, periods=4, alarm_when_missing=True)

    def _upload_alarms(self) -> None:
        """Alarms on the lines that the application logs for every finished upload.

        The metrics in those lines have the data set as a dimension, and an alarm cannot sum over
        unknown dimensions.
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
        unsuccessful = cloudwatch.MathExpression(
            label="Files arrived, none imported",
            expression="IF(arrived > 0 AND FILL(succeeded, 0) == 0, 1, 0)",
            using_metrics={
                "arrived": arrived,
                "succeeded": measures.ours("UploadsSucceeded", period=HOUR),
            },
            period=HOUR,
        )
        self._alarm("no-successful-uploads", unsuccessful, above=0, periods=2)

        self._count("LongestUpload", "{ $.UploadSeconds = * }", value="$.UploadSeconds")
        longest = measures.ours("LongestUpload", statistic="Maximum", period=HOUR)
        self._alarm("slow-uploads", longest, above=PROMISED_SECONDS)
        oldest = measures.oldest_upload()
        self._alarm("oldest-upload", oldest, above=PROMISED_SECONDS, periods=2)

    def _count(self, name: str, pattern: str, *, value: str = "1") -> None:
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
                    metric_value=value,
                    default_value=0,  # so that the metric exists before the first match
                )
            ],
        )

    def _task_alarms(self) -> None:
        """Log stopped tasks with their reasons, and count them."""
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
                    "$or": UNEXPECTED_STOPS,
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="log",
                    # The log group's ARN without the `:*` that CDK appends.
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
        services = dashboard.SERVICES[self._chosen.layout.key]
        fullest = measures.memory(self._chosen, *services)
        self._alarm("task-memory", fullest, above=FULL_PERCENT, periods=3)

    def _database_alarms(self) -> None:
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

    def _email_alarm(self) -> None:
        bounced = cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name="Reputation.BounceRate",
            statistic="Maximum",
            period=HOUR,
        )
        self._alarm("bounced-mail", bounced, above=0.04)

    def _budget(self) -> None:
        """Emails when four fifths of the month's budget are spent, and when all will be.

        It counts the whole account: a filter by our tag counts nothing before the tag is activated
        for billing.
        """
        chosen = self._chosen
        operators = budgets.CfnBudget.SubscriberProperty(
            subscription_type="EMAIL", address=chosen.alarm_mailbox
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=chosen.name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(
                    amount=chosen.monthly_budget, unit="USD"
                ),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[operators],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        alarm_when_missing: bool = False,
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
            treat_missing_data=silence.BREACHING if alarm_when_missing else silence.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._notify)
        alarm.add_ok_action(self._notify)
