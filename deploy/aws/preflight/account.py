"""What the account must have: roles, permissions of the caller, and room in its quotas."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.aws.preflight.findings import Asked, Finding

ROLE_OF_ECS = "/aws-service-role/ecs.amazonaws.com/"
# One action of each service that a release uses first; the role in ci.template.yaml has them all.
ACTIONS = (
    *("cloudformation:CreateStack", "iam:CreateRole", "iam:PassRole", "s3:CreateBucket"),
    *("sqs:CreateQueue", "sns:CreateTopic", "dynamodb:CreateTable", "ses:CreateConfigurationSet"),
    *("secretsmanager:CreateSecret", "ec2:CreateVpc", "ecr:CreateRepository", "ecs:CreateCluster"),
    "ssm:PutParameter",
    *("rds:CreateDBInstance", "rds:CreateDBCluster", "logs:CreateLogGroup", "ecs:RunTask"),
    *("events:PutRule", "cloudwatch:PutMetricAlarm", "ecr:GetAuthorizationToken"),
    *("application-autoscaling:RegisterScalableTarget", "budgets:ModifyBudget"),
)


def service_linked_role(asked: Asked) -> Iterator[Finding]:
    """ECS creates its role at its first use, and the cluster that asks for it then often fails."""
    if not asked.client("iam").list_roles(PathPrefix=ROLE_OF_ECS)["Roles"]:
        yield Finding(
            "There is no service-linked role of ECS",
            "A new account lacks it, and the first cluster may fail before it exists.",
            "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        )


def permissions(asked: Asked) -> Iterator[Finding]:
    """What the caller may not do. The account's root may do everything, and cannot be asked."""
    if asked.caller.endswith(":root"):
        return
    answer = asked.client("iam").simulate_principal_policy(
        PolicySourceArn=role_of(asked.caller), ActionNames=[*ACTIONS]
    )
    results = answer["EvaluationResults"]
    denied = [each["EvalActionName"] for each in results if each["EvalDecision"] != "allowed"]
    if len(denied) == len(ACTIONS):
        yield Finding(
            f"{asked.caller} may change nothing",
            "A release creates and changes the resources of the stacks.",
            "Use the role that deploy/aws/ci.template.yaml creates, or an administrator's.",
        )
    elif denied:
        yield Finding(
            f"{asked.caller} may perhaps not: {', '.join(denied)}",
            "A release does this. Rights that are limited to names cannot be seen in advance.",
            "Use the role that deploy/aws/ci.template.yaml creates, or an administrator's.",
            is_note=True,
        )


def role_of(caller: str) -> str:
    """The role of a session: `…:assumed-role/deploy/release-42` is one of `…:role/deploy`."""
    prefix, is_session, session = caller.partition(":assumed-role/")
    if not is_session:
        return caller
    return f"{prefix.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}"


@dataclass(frozen=True)
class Quota:
    """A quota by its code, and how much of it the deployment needs."""

    service: str
    code: str
    name: str
    standard: float
    compact: float


# All tasks that scaling may start, twice, because during a deployment the old and the new ones run.
QUOTAS = (
    Quota("fargate", "L-3032A538", "Fargate On-Demand vCPUs", 2.75, 0.5),
    Quota("fargate", "L-36FBB829", "Fargate Spot vCPUs", 8.0, 4.25),
)
VPCS = Quota("vpc", "L-F678F1CE", "VPCs in a region", 1, 1)


def quotas(asked: Asked) -> Iterator[Finding]:
    for quota in QUOTAS:
        need = quota.compact if asked.chosen.is_compact else quota.standard
        yield from enough(asked, quota, need)


def vpcs(asked: Asked) -> Iterator[Finding]:
    if not asked.exists("network"):
        used = len(asked.client("ec2").describe_vpcs()["Vpcs"])
        yield from enough(asked, VPCS, used + 1)


def enough(asked: Asked, quota: Quota, need: float) -> Iterator[Finding]:
    answer = asked.client("service-quotas").get_service_quota(
        ServiceCode=quota.service, QuotaCode=quota.code
    )
    has = answer["Quota"]["Value"]
    if has < need:
        yield Finding(
            f"{quota.name}: {has:g}",
            f"This deployment needs {need:g}.",
            "aws service-quotas request-service-quota-increase "
            f"--service-code {quota.service} --quota-code {quota.code} --desired-value {need:g}",
        )
