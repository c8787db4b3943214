"""API Gateway in front of the compact layout's task: billed per request, free without traffic."""

import json
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs

from deploy.aws.deployment import PROXY_HEADERS
from deploy.aws.measures import FIVE_MINUTES, SLOWEST, Answers
from deploy.aws.parts import Application

# No path: anyone who knows the path of a mailed report can open the report.
LOGGED = (
    *("requestId", "requestTime", "httpMethod", "status", "responseLength"),
    *("responseLatency", "integrationErrorMessage"),
)
MAX_REQUESTS_PER_SECOND = 50  # limits the bill


def create(stack: cdk.Stack, service: ecs.FargateService, application: Application) -> Answers:
    """Create it before the service, found through Cloud Map; return how it answers."""
    chosen, network = application.chosen, application.network
    link = apigateway.VpcLink(
        stack,
        "Link",
        vpc=network.vpc,
        subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        security_groups=[network.fixed(stack, network.front)],
    )
    name = apigateway.DomainName(
        stack,
        "Name",
        domain_name=chosen.domain,
        certificate=acm.Certificate.from_certificate_arn(
            stack, "Certificate", chosen.certificate_arn
        ),
        security_policy=apigateway.SecurityPolicy.TLS_1_2,
    )
    assert service.cloud_map_service is not None  # noqa: S101 - the service has one
    # Of the usual proxy headers it sets only `Forwarded` and passes on a client's others. It
    # overwrites these three with every request, and the settings (PROXY_HEADERS) trust only these.
    headers = (
        apigateway.ParameterMapping()
        .overwrite_header("host", apigateway.MappingValue.custom(chosen.domain))
        .overwrite_header(f"{PROXY_HEADERS}-Proto", apigateway.MappingValue.custom("https"))
        .overwrite_header(
            f"{PROXY_HEADERS}-For", apigateway.MappingValue.custom("$context.identity.sourceIp")
        )
    )
    api = apigateway.HttpApi(
        stack,
        "Api",
        api_name=chosen.name,
        create_default_stage=False,
        disable_execute_api_endpoint=True,  # only the domain above works
        default_integration=integrations.HttpServiceDiscoveryIntegration(
            "Portal", service.cloud_map_service, vpc_link=link, parameter_mapping=headers
        ),
    )
    log = logs.LogGroup(
        stack,
        "ApiLog",
        log_group_name=chosen.log_group("api"),
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    stage = apigateway.HttpStage(
        stack,
        "Stage",
        http_api=api,
        stage_name="$default",
        auto_deploy=True,
        domain_mapping=apigateway.DomainMappingOptions(domain_name=name),
        throttle=apigateway.ThrottleSettings(
            rate_limit=MAX_REQUESTS_PER_SECOND, burst_limit=2 * MAX_REQUESTS_PER_SECOND
        ),
    )
    cast(
        "apigateway.CfnStage", stage.node.default_child
    ).access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
        destination_arn=log.log_group_arn,
        format=json.dumps({name: f"$context.{name}" for name in LOGGED}),
    )
    cdk.CfnOutput(stack, "PointDnsTo", value=name.regional_domain_name)
    milliseconds = api.metric_latency(statistic=SLOWEST, period=FIVE_MINUTES)
    seconds = cloudwatch.MathExpression(
        label="Seconds to answer",
        expression="milliseconds / 1000",
        using_metrics={"milliseconds": milliseconds},
        period=FIVE_MINUTES,
    )
    return Answers(api.metric_server_error(statistic="Sum", period=FIVE_MINUTES), seconds)
