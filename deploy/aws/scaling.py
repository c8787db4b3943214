"""The number of tasks that only import: none while there is nothing to import, or while the task of
the compact portal keeps up; more as hints accumulate.

Only the imports queue counts: maintenance has its own worker, so its messages start none of these.
Both alarms are evaluated every minute.

The tasks of the standard portal follow their CPU.
"""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs

from deploy.aws import measures
from deploy.aws.deployment import Deployment, Layout

IDLE_MINUTES = 10
# In two zones; more than four would need more connections than the smallest database has.
FEWEST_PORTALS, MOST_PORTALS = 2, 4

Step = autoscaling.CfnScalingPolicy.StepAdjustmentProperty


def scale(stack: cdk.Stack, service: ecs.FargateService, chosen: Deployment) -> None:
    target = _target(
        stack,
        service,
        "Workers",
        resource_id=f"service/{chosen.name}/worker",
        min_capacity=0,
        max_capacity=chosen.layout.max_workers,
    )
    queue = f"{chosen.name}-imports"
    visible = measures.queue(queue, "ApproximateNumberOfMessagesVisible")
    _alarm(
        stack,
        "WorkWaits",
        _policy(stack, "Start", target, _steps(chosen.layout)),
        alarm_name=f"{chosen.name}-scaling-work-waits",
        alarm_description="Starts workers. No action needed.",
        metric=visible,
        evaluation_periods=1,
        threshold=chosen.layout.workers[0][0],
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    )
    # While this alarm is on it ends workers every minute, even one that the forwarder has just
    # started. So it requires that a worker was running all the time and had no messages.
    idle = cloudwatch.MathExpression(
        label="Messages for running workers; 1 while none is running",
        expression="IF(FILL(workers, 0) > 0, visible + taken, 1)",
        using_metrics={
            "visible": visible,
            "taken": measures.queue(queue, "ApproximateNumberOfMessagesNotVisible"),
            "workers": measures.tasks(chosen, "worker"),
        },
        period=cdk.Duration.minutes(1),
    )
    _alarm(
        stack,
        "NoWork",
        _policy(stack, "End", target, [Step(metric_interval_upper_bound=0, scaling_adjustment=0)]),
        alarm_name=f"{chosen.name}-scaling-no-work",
        alarm_description="Ends the workers. No action needed.",
        metric=idle,
        evaluation_periods=IDLE_MINUTES,
        threshold=0,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
    )


def scale_portal(stack: cdk.Stack, service: ecs.FargateService, chosen: Deployment) -> None:
    """As many of the standard layout's tasks as keep their CPUs half idle."""
    target = _target(
        stack,
        service,
        "Tasks",
        resource_id=f"service/{chosen.name}/web",
        min_capacity=FEWEST_PORTALS,
        max_capacity=MOST_PORTALS,
    )
    tracking = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty
    measured = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty
    autoscaling.CfnScalingPolicy(
        stack,
        "Busy",
        policy_name="busy-portal",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=tracking(
            predefined_metric_specification=measured(
                predefined_metric_type="ECSServiceAverageCPUUtilization"
            ),
            target_value=50,
            scale_in_cooldown=600,
            scale_out_cooldown=60,
        ),
    )


def _target(
    stack: cdk.Stack,
    service: ecs.FargateService,
    name: str,
    *,
    resource_id: str,
    min_capacity: int,
    max_capacity: int,
) -> autoscaling.CfnScalableTarget:
    """The number of the service's tasks, within these bounds."""
    target = autoscaling.CfnScalableTarget(
        stack,
        name,
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=resource_id,
        min_capacity=min_capacity,
        max_capacity=max_capacity,
    )
    target.node.add_dependency(service)
    return target


def _steps(layout: Layout) -> list[Step]:
    """Bounds are relative to the alarm's threshold; each step ends where the next begins."""
    first = layout.workers[0][0]
    ends = [start - first for start, _ in layout.workers[1:]]
    return [
        Step(
            metric_interval_lower_bound=start - first,
            metric_interval_upper_bound=end,
            scaling_adjustment=workers,
        )
        for (start, workers), end in zip(layout.workers, [*ends, None], strict=True)
    ]


def _policy(
    stack: cdk.Stack, name: str, target: autoscaling.CfnScalableTarget, steps: list[Step]
) -> str:
    steps_of = autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty
    return autoscaling.CfnScalingPolicy(
        stack,
        name,
        policy_name=f"{name.lower()}-workers",
        policy_type="StepScaling",
        scaling_target_id=target.ref,
        step_scaling_policy_configuration=steps_of(
            adjustment_type="ExactCapacity",
            metric_aggregation_type="Maximum",
            cooldown=60,
            step_adjustments=steps,
        ),
    ).ref


def _alarm(stack: cdk.Stack, name: str, policy: str, **how: object) -> None:
    # SQS reports the depth of a queue that was idle for hours up to 15 minutes late, so neither
    # alarm may react to missing data.
    missing = cloudwatch.TreatMissingData.NOT_BREACHING
    alarm = cloudwatch.Alarm(stack, name, treat_missing_data=missing, **how)  # type: ignore[arg-type]
    cast("cloudwatch.CfnAlarm", alarm.node.default_child).alarm_actions = [policy]
