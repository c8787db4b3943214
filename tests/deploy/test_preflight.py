"""Each check of the preflight finds what it is for, and nothing in an account that is ready.

The emulator answers; where it has no such API, botocore's Stubber does, which compares requests and
answers with AWS's own descriptions.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from deploy.aws import choices, deployment, versions
from deploy.aws.preflight import account, choices_made, mail, names, region
from deploy.aws.preflight.asking import CHECKS, answered, find
from deploy.aws.preflight.findings import Asked, Finding
from deploy.aws.preflight.report import has_stops, in_words
from deploy.aws.templates import Layout, text
from deploy.local.bootstrap import client

ACCOUNT = "000000000000"  # of the emulator
REAL = {
    "name": "ready",
    "domain": "portal.ready.test",
    "mail_sender": "imports@ready.test",
    "alarm_mailbox": "operators@ready.test",
    "mailboxes": {},
    "vendor_drops": {},
    "certificate_arn": f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/none",
}


@pytest.fixture
def asked(aws: Callable[[str], Any], tmp_path: Path) -> Asked:
    context = choices.read() | REAL
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session"
    return Asked(deployment.read(context), context, ACCOUNT, caller, {}, tmp_path, aws)


def choosing(asked: Asked, **chosen: Any) -> Asked:
    return replace(asked, chosen=replace(asked.chosen, **chosen))


def stubbed(asked: Asked, service: str, *answers: tuple[str, dict[str, Any] | str]) -> Asked:
    """With a client of this service that gives these answers in turn; a text is an error code."""
    client: Any = boto3.client
    made = client(
        service,
        region_name="eu-central-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    stubber = Stubber(made)
    for operation, answer in answers:
        if isinstance(answer, str):
            stubber.add_client_error(operation, answer)
        else:
            stubber.add_response(operation, answer)
    stubber.activate()
    others = asked.client
    return replace(asked, client=lambda name: made if name == service else others(name))


def values(found: Iterator[Finding]) -> list[str]:
    return [finding.value for finding in found]


def test_values_of_the_example_are_found(asked: Asked) -> None:
    example = replace(asked, context=choices.read())
    found = {value.split()[0] for value in values(choices_made.placeholders(example))}
    assert {"domain", "certificate_arn", "mail_sender", "mailboxes.clients"} <= found
    assert "vendor_drops.VEND001.account" in found
    assert "region" not in found
    assert not [*choices_made.placeholders(asked)]


def test_a_zone_that_is_not_there_is_found(asked: Asked) -> None:
    assert not [*region.zones(asked)]
    other = choosing(asked, availability_zones=("eu-central-1a", "eu-central-1x"))
    assert values(region.zones(other)) == [
        "availability_zones has eu-central-1x, which is unknown here"
    ]


@pytest.fixture
def certificate_arn(aws: Callable[[str], Any]) -> Iterator[str]:
    acm = aws("acm")
    arn = acm.request_certificate(DomainName="*.ready.test", ValidationMethod="DNS")
    yield arn["CertificateArn"]
    acm.delete_certificate(CertificateArn=arn["CertificateArn"])


def test_an_issued_certificate_for_the_domain_is_accepted(
    asked: Asked, certificate_arn: str
) -> None:
    ready = choosing(asked, certificate_arn=certificate_arn)
    assert not [*region.certificate(ready)]
    (finding,) = region.certificate(choosing(ready, domain="portal.other.test"))
    assert finding.value == "The certificate is for *.ready.test"


def test_a_certificate_that_does_not_exist_or_is_of_another_account_is_found(asked: Asked) -> None:
    (missing,) = region.certificate(asked)
    assert "must exist" in missing.rule
    (foreign,) = region.certificate(replace(asked, account="123456789012"))
    assert "must be in this account" in foreign.rule


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        ("PENDING_VALIDATION", None, ["The certificate is PENDING_VALIDATION"]),
        ("ISSUED", 100, []),
        ("ISSUED", 3, ["The certificate ends on"]),
        ("EXPIRED", -1, ["The certificate is EXPIRED", "The certificate ends on"]),
    ],
)
def test_a_certificate_must_be_issued_and_last(
    asked: Asked, status: str, days: int | None, expected: list[str]
) -> None:
    said: dict[str, Any] = {"DomainName": "portal.ready.test", "Status": status}
    if days is not None:
        said["NotAfter"] = datetime.now(UTC) + timedelta(days=days)
    answer = ("describe_certificate", {"Certificate": said})
    found = values(region.certificate(stubbed(asked, "acm", answer)))
    assert [value.startswith(start) for value, start in zip(found, expected, strict=True)] == [
        True
    ] * len(expected)


@pytest.mark.parametrize(
    ("name", "covers"),
    [
        ("portal.ready.test", True),
        ("*.ready.test", True),
        ("ready.test", False),
        ("*.portal.ready.test", False),
        ("*.test", False),
        ("xportal.ready.test", False),
    ],
)
def test_which_names_of_a_certificate_cover_the_domain(name: str, covers: bool) -> None:
    assert region.covers(name, "portal.ready.test") is covers


OPTION = {"AvailabilityZones": [{"Name": "eu-central-1a"}, {"Name": "eu-central-1b"}]}


def orderable(*zones: str) -> tuple[str, dict[str, Any]]:
    options = [{"AvailabilityZones": [{"Name": zone} for zone in zones]}] if zones else []
    return "describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": options}


def test_a_version_that_the_region_does_not_offer_is_found_with_those_that_it_does(
    asked: Asked,
) -> None:
    offered = [{"EngineVersion": version} for version in ("16.9", "17.10", "17.11")]
    others = ("describe_db_engine_versions", {"DBEngineVersions": offered})
    (finding,) = region.engine(stubbed(asked, "rds", orderable(), others))
    assert finding.value == f"postgres {versions.RDS_VERSION} on db.t4g.micro"
    assert "17.10, 17.11" in finding.remedy
    assert "16.9" not in finding.remedy


def test_a_zone_without_the_database_is_found(asked: Asked) -> None:
    everywhere = orderable("eu-central-1a", "eu-central-1b", "eu-central-1c")
    assert not [*region.engine(stubbed(asked, "rds", everywhere))]
    partly = stubbed(asked, "rds", orderable("eu-central-1a", "eu-central-1c"))
    (finding,) = region.engine(partly)
    assert finding.value.endswith("in eu-central-1b")
    compact = choosing(asked, layout=deployment.LAYOUTS["compact"])
    partly = stubbed(compact, "rds", orderable("eu-central-1a"))
    assert values(region.engine(partly)) == [
        f"aurora-postgresql {versions.AURORA_VERSION} on db.serverless in eu-central-1b"
    ]


@pytest.fixture
def identity(aws: Callable[[str], Any]) -> Iterator[str]:
    ses = aws("sesv2")
    ses.create_email_identity(EmailIdentity="ready.test")
    yield "ready.test"
    ses.delete_email_identity(EmailIdentity="ready.test")


def stops(found: Iterator[Finding]) -> list[str]:
    return [finding.value for finding in found if not finding.is_note]


def test_a_sender_that_is_there_already_or_not_yet_is_found(asked: Asked, identity: str) -> None:
    assert stops(mail.sender(asked)) == ["SES knows ready.test already"]
    assert not stops(mail.sender(replace(asked, stacks={"ready-base": "UPDATE_COMPLETE"})))
    assert not stops(mail.sender(choosing(asked, mail_domain_exists=True)))
    other = choosing(asked, mail_domain_exists=True, mail_sender="x@missing.test")
    assert stops(mail.sender(other)) == ["SES does not know missing.test"]
    assert not stops(mail.sender(choosing(asked, mail_sender="x@missing.test")))


def test_the_sandbox_names_the_mailboxes_that_get_nothing(asked: Asked) -> None:
    boxes = choosing(asked, alarm_mailbox="a@new.test", mailboxes={"clients": "c@known.test"})
    sandbox = stubbed(
        boxes,
        "sesv2",
        ("get_account", {"ProductionAccessEnabled": False, "SendingEnabled": True}),
        *[("get_email_identity", "NotFoundException")] * 2,
        ("get_email_identity", {"VerifiedForSendingStatus": False}),
        ("get_email_identity", {"VerifiedForSendingStatus": True}),
    )
    (finding,) = mail.sandbox(sandbox)
    assert finding.is_note
    assert finding.remedy.endswith("verify in SES: a@new.test.")


def test_an_account_that_may_not_send_is_found(asked: Asked) -> None:
    stopped = ("get_account", {"ProductionAccessEnabled": True, "SendingEnabled": False})
    assert stops(mail.sandbox(stubbed(asked, "sesv2", stopped))) == [
        "SES has stopped sending for this account"
    ]


def test_the_role_of_ecs_is_missed_until_it_is_created(asked: Asked) -> None:
    iam = asked.client("iam")
    for role in iam.list_roles(PathPrefix=account.ROLE_OF_ECS)["Roles"]:
        iam.delete_role(RoleName=role["RoleName"])
    (finding,) = account.service_linked_role(asked)
    assert "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com" in (
        finding.remedy
    )
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert not [*account.service_linked_role(asked)]


def decisions(denied: int) -> tuple[str, dict[str, Any]]:
    said = ["explicitDeny"] * denied + ["allowed"] * (len(account.ACTIONS) - denied)
    return "simulate_principal_policy", {
        "EvaluationResults": [
            {"EvalActionName": action, "EvalDecision": decision}
            for action, decision in zip(account.ACTIONS, said, strict=True)
        ]
    }


def test_a_caller_who_may_not_deploy_is_found(asked: Asked) -> None:
    everything = len(account.ACTIONS)
    assert not [*account.permissions(stubbed(asked, "iam", decisions(0)))]
    (perhaps,) = account.permissions(stubbed(asked, "iam", decisions(2)))
    assert perhaps.is_note
    assert perhaps.value.endswith("cloudformation:CreateStack, iam:CreateRole")
    (nothing,) = account.permissions(stubbed(asked, "iam", decisions(everything)))
    assert not nothing.is_note
    root = replace(asked, caller=f"arn:aws:iam::{ACCOUNT}:root")
    assert not [*account.permissions(stubbed(root, "iam"))]


def test_the_role_of_a_session_is_asked_about() -> None:
    session = "arn:aws:sts::1:assumed-role/deploy/GitHubActions"
    assert account.role_of(session) == "arn:aws:iam::1:role/deploy"
    assert account.role_of("arn:aws:iam::1:user/ops") == "arn:aws:iam::1:user/ops"


def quota(value: float) -> tuple[str, dict[str, Any]]:
    return "get_service_quota", {"Quota": {"Value": value}}


def test_quotas_that_are_too_small_are_found_with_the_request_to_raise_them(asked: Asked) -> None:
    new_account = stubbed(asked, "service-quotas", quota(1), quota(6))
    on_demand, spot = account.quotas(new_account)
    assert on_demand.value == "Fargate On-Demand vCPUs: 1"
    assert "--quota-code L-36FBB829 --desired-value 8" in spot.remedy
    assert not [*account.quotas(stubbed(asked, "service-quotas", quota(3), quota(8)))]


def test_a_network_needs_a_vpc_only_once(asked: Asked) -> None:
    used = len(asked.client("ec2").describe_vpcs()["Vpcs"])
    assert not [*account.vpcs(stubbed(asked, "service-quotas", quota(used + 1)))]
    assert values(account.vpcs(stubbed(asked, "service-quotas", quota(used)))) == [
        f"VPCs in a region: {used}"
    ]
    existing = replace(asked, stacks={"ready-network": "CREATE_COMPLETE"})
    assert not [*account.vpcs(stubbed(existing, "service-quotas"))]


def test_the_quotas_cover_the_tasks_of_the_layout(layout: Layout) -> None:
    """As many as scaling may start, and during a deployment twice, except the singletons."""
    tasks = layout.resources("ECS::TaskDefinition").values()
    vcpus = {each["Family"].removeprefix("onboarding-"): int(each["Cpu"]) / 1024 for each in tasks}
    targets = layout.resources("ApplicationAutoScaling::ScalableTarget").values()
    scaled = {text(each["ResourceId"]).rpartition("/")[2]: each["MaxCapacity"] for each in targets}
    needed = {"FARGATE": 0.0, "FARGATE_SPOT": 0.0}
    for name, service in layout.services().items():
        count = scaled.get(name) or service["DesiredCount"]
        (provider,) = (each["CapacityProvider"] for each in service["CapacityProviderStrategy"])
        most = service["DeploymentConfiguration"]["MaximumPercent"] / 100
        needed[provider] += vcpus[name] * count * most
    needed["FARGATE"] = max(needed["FARGATE"], vcpus["migrate"], vcpus["command"])
    on_demand, spot = (getattr(each, layout.key) for each in account.QUOTAS)
    assert (on_demand, spot) == (needed["FARGATE"], needed["FARGATE_SPOT"])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", []),
        ("UPDATE_ROLLBACK_COMPLETE", []),
        ("ROLLBACK_COMPLETE", [True]),  # the release itself replaces such a stack
        ("UPDATE_IN_PROGRESS", [True]),
        ("UPDATE_ROLLBACK_FAILED", [False]),
    ],
)
def test_stacks_that_cannot_change_are_found(
    asked: Asked, status: str, expected: list[bool]
) -> None:
    found = names.stack_states(replace(asked, stacks={"ready-web": status}))
    assert [finding.is_note for finding in found] == expected


# How an earlier environment has left a thing of each kind.
LEFT: dict[str, Callable[[Callable[[str], Any], str], Any]] = {
    "AWS::S3::Bucket": lambda aws, name: aws("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    ),
    "AWS::SQS::Queue": lambda aws, name: aws("sqs").create_queue(QueueName=name),
    "AWS::DynamoDB::Table": lambda aws, name: aws("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    ),
    "AWS::SecretsManager::Secret": lambda aws, name: aws("secretsmanager").create_secret(
        Name=name, SecretString="x"
    ),
    "AWS::SES::ConfigurationSet": lambda aws, name: aws("sesv2").create_configuration_set(
        ConfigurationSetName=name
    ),
    "AWS::ECR::Repository": lambda aws, name: aws("ecr").create_repository(repositoryName=name),
    "AWS::ECS::Cluster": lambda aws, name: aws("ecs").create_cluster(clusterName=name),
    "AWS::IAM::Role": lambda aws, name: aws("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument="{}"
    ),
    "AWS::Logs::LogGroup": lambda aws, name: aws("logs").create_log_group(logGroupName=name),
    "AWS::ApiGatewayV2::DomainName": lambda aws, name: aws("apigatewayv2").create_domain_name(
        DomainName=name
    ),
}


# The emulator would start a server for a database.
DATABASES = {"AWS::RDS::DBInstance", "AWS::RDS::DBCluster"}


@pytest.mark.parametrize("kind", sorted(names.NAMED.keys() - DATABASES))
def test_a_name_that_is_taken_is_found(asked: Asked, kind: str) -> None:
    name = f"left-{kind.split('::')[1].lower()}-{kind.split('::')[2].lower()}"
    template = {"Resources": {"X": {"Type": kind, "Properties": {names.NAMED[kind][0]: name}}}}
    (asked.templates / "ready-data.template.json").write_text(json.dumps(template))
    assert not [*names.free_names(asked)]
    LEFT[kind](asked.client, name)
    assert values(names.free_names(asked)) == [f"{kind.removeprefix('AWS::')} {name} exists"]
    assert not [*names.free_names(replace(asked, stacks={"ready-data": "CREATE_COMPLETE"}))]


@pytest.mark.parametrize("kind", sorted(DATABASES))
def test_a_database_of_that_name_is_found(asked: Asked, kind: str) -> None:
    operation = "describe_db_instances" if kind.endswith("Instance") else "describe_db_clusters"
    there: tuple[str, dict[str, Any]] = (operation, {})
    template = {"Resources": {"X": {"Type": kind, "Properties": {names.NAMED[kind][0]: "old"}}}}
    (asked.templates / "ready-base.template.json").write_text(json.dumps(template))
    assert values(names.free_names(stubbed(asked, "rds", there)))
    fault = "DBInstanceNotFound" if kind.endswith("Instance") else "DBClusterNotFoundFault"
    assert not [*names.free_names(stubbed(asked, "rds", (operation, fault)))]


def test_every_name_in_the_templates_is_asked_for(asked: Asked, layout: Layout) -> None:
    """Of each kind that the templates name and that is kept when its stack goes."""
    template = {
        name: found
        for stack in ("data", "base")
        for name, found in layout.template(stack)["Resources"].items()
        if found.get("DeletionPolicy", "Delete") != "Delete"
    }
    kept = {found["Type"] for found in template.values()} - {"AWS::RDS::DBSubnetGroup"}
    assert kept <= names.NAMED.keys()
    everything = [
        named
        for path in layout.directory.glob("*.template.json")
        for named in names.named(json.loads(path.read_text()), asked)
    ]
    assert ("AWS::S3::Bucket", f"onboarding-uploads-{ACCOUNT}") in everything
    assert ("AWS::DynamoDB::Table", "Clients") in everything
    assert ("AWS::Logs::LogGroup", "/onboarding/worker") in everything


def test_a_check_without_an_answer_is_a_note_of_its_own(asked: Asked) -> None:
    denied = stubbed(asked, "service-quotas", ("get_service_quota", "AccessDeniedException"))
    (finding,) = answered(account.quotas, denied)
    assert finding.is_note
    assert "AccessDeniedException" in finding.value


class Session:
    """boto3's, for the emulator."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client


def test_all_findings_come_at_once_and_nothing_is_changed(layouts: dict[str, Layout]) -> None:
    called: set[str] = set()

    def noted(service: str) -> Any:
        made = client.__wrapped__(service, os.environ["AWS_ENDPOINT_URL"])  # not the tests' own
        made.meta.events.register(
            "before-call.*", lambda model, **_: called.add(f"{service}:{model.name}")
        )
        return made

    context = choices.read()
    chosen = deployment.read(context)
    found = find(chosen, context, layouts["standard"].directory, Session(noted))
    said = in_words(found)
    assert has_stops(found)
    for value in ("domain is portal.techmart.example", "must be in this account"):
        assert value in said
    assert said.rstrip().splitlines()[-1].startswith("Preflight: ")
    reading = ("Get", "Describe", "List", "Head", "Simulate")
    assert len(called) > 10
    assert not [call for call in called if not call.split(":")[1].startswith(reading)]


def test_without_credentials_that_is_the_finding(tmp_path: Path) -> None:
    def expired(service: str) -> Any:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "x")

    context = choices.read() | REAL
    (finding,) = find(deployment.read(context), context, tmp_path, Session(expired))
    assert "ExpiredToken" in finding.value
    assert not finding.is_note


def test_every_finding_has_a_value_a_rule_and_a_remedy(asked: Asked) -> None:
    for finding in (found for check in CHECKS for found in answered(check, asked)):
        assert finding.value
        assert finding.rule.endswith(".")
        assert len(finding.remedy) > 10
