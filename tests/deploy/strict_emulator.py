"""Runs the AWS emulator with what our stacks need and it lacks, and with refusals of AWS.

It runs in the emulator's own environment and imports nothing of ours. Its argument is the program
that starts the emulator of every other test.
"""

import copy
import json
import runpy
import secrets
import sys
from collections.abc import Callable
from typing import Any

# Of another environment.
from ministack.services import alb, rds  # type: ignore[import-not-found]
from ministack.services.cloudformation import (  # type: ignore[import-not-found]
    provisioners,
)

Made = tuple[str, dict[str, Any]]
Create = Callable[[str, dict[str, Any], str], Made]
Delete = Callable[[str, dict[str, Any]], None]
Answer = tuple[int, dict[str, str], bytes]
Request = dict[str, Any]

HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
NAMES_ONLY = (
    "AWS::ApiGatewayV2::VpcLink",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::IAM::OIDCProvider",
)
DATABASES = {
    "AWS::RDS::DBInstance": (rds._instances, "DBInstanceIdentifier"),
    "AWS::RDS::DBCluster": (rds._clusters, "DBClusterIdentifier"),
}


class Refused(Exception):
    """AWS refuses this."""


def name_only(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
    return f"{stack}-{logical_id}", {}


def with_dkim(create: Create) -> Create:
    def made(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        name, attributes = create(logical_id, properties, stack)
        for number in "123":
            attributes[f"DkimDNSTokenName{number}"] = f"{number}._domainkey.{name}"
            attributes[f"DkimDNSTokenValue{number}"] = f"{number}.dkim.amazonses.com"
        return name, attributes

    return made


def by_arn(create: Create) -> Create:
    """A `Ref` to a secret is its ARN on AWS."""

    def made(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Id"], attributes

    return made


def as_the_api_answers(normalized: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Health checks and secrets of containers too: they are stored as templates write them."""
    return lambda containers: provisioners._pascal_to_camel(normalized(containers))


# --- Databases ------------------------------------------------------------------------------------


def manage_password(record: dict[str, Any]) -> None:
    """Keep the master's password in a secret whose name no other database has had."""
    user = {"username": record["MasterUsername"], "password": secrets.token_urlsafe(21)}
    secret = {"Name": f"rds!{secrets.token_hex(6)}", "SecretString": json.dumps(user)}
    _, made = HANDLERS["AWS::SecretsManager::Secret"]["create"]("Master", secret, "rds")
    record["MasterUserSecret"] = {"SecretArn": made["Id"], "SecretStatus": "active"}


def as_a_new_database(kind: str, create: Create) -> Create:
    records, key = DATABASES[kind]

    def made(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        if properties[key] in records:
            raise Refused(f"{properties[key]} already exists")
        name, attributes = create(logical_id, properties, stack)
        if group := properties.get("DBClusterParameterGroupName"):
            records[name]["DBClusterParameterGroup"] = group
        if properties.get("ManageMasterUserPassword"):
            manage_password(records[name])
        return name, attributes

    return made


def unless_protected(kind: str, delete: Delete) -> Delete:
    records, _ = DATABASES[kind]

    def deleted(name: str, properties: dict[str, Any]) -> None:
        # As CloudFormation writes it, true is a text here.
        if str(records.get(name, {}).get("DeletionProtection")).lower() == "true":
            raise Refused(f"Cannot delete protected {name}, disable deletion protection")
        delete(name, properties)

    return deleted


def balancer_unless_protected(delete: Delete) -> Delete:
    def deleted(arn: str, properties: dict[str, Any]) -> None:
        said = {"Key": "deletion_protection.enabled", "Value": "true"}
        if said in alb._lb_attrs.get(arn, ()):
            raise Refused(f"Load balancer '{arn}' cannot be deleted: deletion protection")
        delete(arn, properties)

    return deleted


def restored(kind: str, target: str, source: str) -> Callable[[Request], Answer]:
    """A copy with the data of a moment. What the request does not say gets a default."""
    records, key = DATABASES[f"AWS::RDS::{kind}"]
    render = rds._instance_xml if kind == "DBInstance" else rds._cluster_xml

    def restore(request: Request) -> Answer:
        said = {name: value[0] for name, value in request.items()}
        made = copy.deepcopy(records[said[source]])
        name = made[key] = said[target]
        for forgotten in (
            *("MasterUserSecret", "MaxAllocatedStorage", "ServerlessV2ScalingConfiguration"),
            *("DBParameterGroups", "DBClusterParameterGroup", "VpcSecurityGroups"),
        ):
            made.pop(forgotten, None)
        made |= {
            "DeletionProtection": said.get("DeletionProtection") == "true",
            "CopyTagsToSnapshot": said.get("CopyTagsToSnapshot") == "true",
            "AutoMinorVersionUpgrade": said.get("AutoMinorVersionUpgrade") != "false",
            "PubliclyAccessible": said.get("PubliclyAccessible") != "false",
            "DBClusterMembers": [],
        }
        group = said.get("VpcSecurityGroupIds.VpcSecurityGroupId.1", "default")
        made["VpcSecurityGroups"] = [{"VpcSecurityGroupId": group, "Status": "active"}]
        parameters = said.get("DBParameterGroupName", "default")
        made["DBParameterGroups"] = [{"DBParameterGroupName": parameters}]
        made["DBClusterParameterGroup"] = said.get("DBClusterParameterGroupName", "default")
        if storage := said.get("MaxAllocatedStorage"):
            made["MaxAllocatedStorage"] = int(storage)
        prefix = "ServerlessV2ScalingConfiguration."
        if scaling := {n.removeprefix(prefix): v for n, v in said.items() if prefix in n}:
            made["ServerlessV2ScalingConfiguration"] = scaling
        records[name] = made
        operation = f"Restore{kind}ToPointInTime"
        return answered(operation, f"<{kind}>{render(made)}</{kind}>")

    return restore


def renamed(kind: str, modify: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """Its address follows the name, so that the other one can take both over."""
    records, key = DATABASES[f"AWS::RDS::{kind}"]
    render = rds._instance_xml if kind == "DBInstance" else rds._cluster_xml

    def modified(request: Request) -> Answer:
        said = {name: value[0] for name, value in request.items()}
        name = said[key]
        if name in records and said.get("ManageMasterUserPassword") == "true":
            manage_password(records[name])
        if name not in records or not (new := said.get(f"New{key}")):
            return modify(request)
        if new in records:
            return rds._error(f"{kind}AlreadyExists", f"{new} exists", 400)  # type: ignore[no-any-return]
        made = records[new] = records.pop(name)
        made[key] = new
        for instance in rds._instances.values():
            if kind == "DBCluster" and instance.get("DBClusterIdentifier") == name:
                instance["DBClusterIdentifier"] = new
        for cluster in rds._clusters.values():
            for member in cluster.get("DBClusterMembers", ()):
                if kind == "DBInstance" and member["DBInstanceIdentifier"] == name:
                    member["DBInstanceIdentifier"] = new
        return answered(f"Modify{kind}", f"<{kind}>{render(made)}</{kind}>")

    return modified


def answered(operation: str, inner: str) -> Answer:
    result = f"<{operation}Result>{inner}</{operation}Result>"
    return rds._xml(200, f"{operation}Response", result)  # type: ignore[no-any-return]


def with_secret(xml: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """The emulator renders it for clusters only."""

    def rendered(record: dict[str, Any]) -> str:
        if secret := record.get("MasterUserSecret"):
            inner = "".join(f"<{name}>{value}</{name}>" for name, value in secret.items())
            return f"{xml(record)}<MasterUserSecret>{inner}</MasterUserSecret>"
        return xml(record)

    return rendered


if __name__ == "__main__":
    for kind in NAMES_ONLY:
        HANDLERS[kind] = {"create": name_only, "delete": lambda _name, _properties: None}
    sender = HANDLERS["AWS::SES::EmailIdentity"]
    sender["create"] = with_dkim(sender["create"])
    secret = HANDLERS["AWS::SecretsManager::Secret"]
    secret["create"] = by_arn(secret["create"])
    provisioners._normalize_container_defs = as_the_api_answers(
        provisioners._normalize_container_defs
    )
    for kind in DATABASES:
        HANDLERS[kind]["create"] = as_a_new_database(kind, HANDLERS[kind]["create"])
        HANDLERS[kind]["delete"] = unless_protected(kind, HANDLERS[kind]["delete"])
    balancer = HANDLERS["AWS::ElasticLoadBalancingV2::LoadBalancer"]
    balancer["delete"] = balancer_unless_protected(balancer["delete"])
    rds._instance_xml = with_secret(rds._instance_xml)
    actions = rds._ACTION_MAP
    actions["RestoreDBInstanceToPointInTime"] = restored(
        "DBInstance", "TargetDBInstanceIdentifier", "SourceDBInstanceIdentifier"
    )
    actions["RestoreDBClusterToPointInTime"] = restored(
        "DBCluster", "DBClusterIdentifier", "SourceDBClusterIdentifier"
    )
    for kind in ("DBInstance", "DBCluster"):
        actions[f"Modify{kind}"] = renamed(kind, actions[f"Modify{kind}"])
    runpy.run_path(sys.argv.pop(), run_name="__main__")
