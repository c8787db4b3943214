"""The load balancer of the standard layout: HTTPS only."""

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb

from deploy.aws import protection
from deploy.aws.measures import FIVE_MINUTES, SLOWEST, Answers
from deploy.aws.network_stack import WEB_PORT
from deploy.aws.parts import Application


def create(stack: cdk.Stack, service: ecs.FargateService, application: Application) -> Answers:
    """Create it with the service's tasks as targets; return how it answers."""
    network = application.network
    found = elb.ApplicationLoadBalancer(
        stack,
        "Balancer",
        vpc=network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        internet_facing=True,
        security_group=network.fixed(stack, network.front),
        drop_invalid_header_fields=True,
    )
    found.set_attribute("deletion_protection.enabled", protection.parameter(stack))
    listener = found.add_listener(
        "Https",
        port=443,
        open=False,
        certificates=[
            acm.Certificate.from_certificate_arn(
                stack, "Certificate", application.chosen.certificate_arn
            )
        ],
        ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
    )
    listener.add_targets(
        "Tasks",
        port=WEB_PORT,
        protocol=elb.ApplicationProtocol.HTTP,
        targets=[service],
        deregistration_delay=cdk.Duration.seconds(30),
        health_check=elb.HealthCheck(
            path="/healthz",  # does not check the database: without it pages still explain why
            interval=cdk.Duration.seconds(15),
            healthy_threshold_count=2,
        ),
    )
    cdk.CfnOutput(stack, "PointDnsTo", value=found.load_balancer_dns_name)
    errors = cloudwatch.MathExpression(
        label="5xx responses",
        expression="FILL(behind, 0) + FILL(itself, 0)",
        using_metrics={
            "behind": found.metrics.http_code_target(
                elb.HttpCodeTarget.TARGET_5XX_COUNT, period=FIVE_MINUTES
            ),
            "itself": found.metrics.http_code_elb(
                elb.HttpCodeElb.ELB_5XX_COUNT, period=FIVE_MINUTES
            ),
        },
        period=FIVE_MINUTES,
    )
    seconds = found.metrics.target_response_time(statistic=SLOWEST, period=FIVE_MINUTES)
    return Answers(errors, seconds)
