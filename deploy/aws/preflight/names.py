"""Whether the names that the stacks give are free, and whether the existing stacks can change."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from deploy.aws.preflight.findings import Asked, Finding
from deploy.aws.stacks import DELETED_FIRST, GONE, STUCK

# Answers that mean: there is no such thing.
ABSENT = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExistent|\b404\b")


def stack_states(asked: Asked) -> Iterator[Finding]:
    for stack, status in asked.stacks.items():
        if command := STUCK.get(status):
            yield Finding(
                f"{stack} is {status}",
                "CloudFormation changes no stack in this state.",
                f"Remove the cause, then aws cloudformation {command} --stack-name {stack}",
            )
        elif status in DELETED_FIRST:
            yield Finding(
                f"{stack} is {status}",
                "Its creation failed.",
                "The release deletes it, and creates it again.",
                is_note=True,
            )
        elif status.endswith("_IN_PROGRESS"):
            yield Finding(
                f"{stack} is {status}",
                "A stack changes once at a time.",
                "The release waits until that has ended.",
                is_note=True,
            )


def free_names(asked: Asked) -> Iterator[Finding]:
    """Things that a stack would create exist, although the stack does not."""
    for path in sorted(asked.templates.glob("*.template.json")):
        stack = path.name.removesuffix(".template.json")
        if asked.stacks.get(stack, "") in GONE:
            template = json.loads(path.read_text())
            for kind, name in named(template, asked):
                if NAMED[kind][1](asked.client, name):
                    yield Finding(
                        f"{kind.removeprefix('AWS::')} {name} exists",
                        f"The stack {stack} creates it, and its name must be free.",
                        "It may be left of an earlier environment: python -m deploy.aws.destroy "
                        "removes all of one. Or choose another name in the choices.",
                    )


def is_there(client: Any, operation: str, **request: Any) -> bool:
    """Whether something that is described or asked for by name exists, also for another account."""
    try:
        getattr(client, operation)(**request)
    except ClientError as answer:
        said = answer.response["Error"]
        if ABSENT.search(f"{said['Code']} {said.get('Message', '')}"):
            return False
        if said["Code"] != "403":  # a bucket of another account
            raise
    return True


def by(service: str, operation: str, parameter: str) -> Callable[[Any, str], bool]:
    def ask(client: Callable[[str], Any], name: str) -> bool:
        return is_there(client(service), operation, **{parameter: name})

    return ask


def log_group(client: Callable[[str], Any], name: str) -> bool:
    found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in found)


def repository(client: Callable[[str], Any], name: str) -> bool:
    return is_there(client("ecr"), "describe_repositories", repositoryNames=[name])


def cluster(client: Callable[[str], Any], name: str) -> bool:
    found = client("ecs").describe_clusters(clusters=[name])["clusters"]
    return any(each["status"] == "ACTIVE" for each in found)


# Kinds that have a name of their own: the property, and who knows whether it is taken.
NAMED: dict[str, tuple[str, Callable[[Any, str], bool]]] = {
    "AWS::S3::Bucket": ("BucketName", by("s3", "head_bucket", "Bucket")),
    "AWS::SQS::Queue": ("QueueName", by("sqs", "get_queue_url", "QueueName")),
    "AWS::DynamoDB::Table": ("TableName", by("dynamodb", "describe_table", "TableName")),
    "AWS::SecretsManager::Secret": ("Name", by("secretsmanager", "describe_secret", "SecretId")),
    "AWS::SES::ConfigurationSet": (
        "Name",
        by("sesv2", "get_configuration_set", "ConfigurationSetName"),
    ),
    "AWS::ECR::Repository": ("RepositoryName", repository),
    "AWS::ECS::Cluster": ("ClusterName", cluster),
    "AWS::RDS::DBInstance": (
        "DBInstanceIdentifier",
        by("rds", "describe_db_instances", "DBInstanceIdentifier"),
    ),
    "AWS::RDS::DBCluster": (
        "DBClusterIdentifier",
        by("rds", "describe_db_clusters", "DBClusterIdentifier"),
    ),
    "AWS::IAM::Role": ("RoleName", by("iam", "get_role", "RoleName")),
    "AWS::Logs::LogGroup": ("LogGroupName", log_group),
    "AWS::ApiGatewayV2::DomainName": (
        "DomainName",
        by("apigatewayv2", "get_domain_name", "DomainName"),
    ),
}


def named(template: dict[str, Any], asked: Asked) -> Iterator[tuple[str, str]]:
    """Every thing of these kinds to which a template gives a name."""
    parameters = template.get("Parameters", {})
    known = {key: str(each.get("Default", "")) for key, each in parameters.items()}
    known |= {"AWS::AccountId": asked.account, "AWS::Region": asked.chosen.region}
    for resource in template["Resources"].values():
        kind = resource["Type"]
        if kind in NAMED:
            name = filled(resource.get("Properties", {}).get(NAMED[kind][0], ""), known)
            if name:
                yield kind, name


def filled(value: Any, known: dict[str, str]) -> str:
    """A name with the parameters filled in; "" if it contains what only AWS knows."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return known.get(argument, "")
    if function == "Fn::Sub":
        return re.sub(r"\$\{(.+?)\}", lambda found: known[found[1]], argument)
    if function == "Fn::Join":
        parts = [filled(part, known) for part in argument[1]]
        return argument[0].join(parts) if all(parts) else ""
    return ""
