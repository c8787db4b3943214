"""Runs the AWS emulator with what our stacks need and it lacks.

It runs in the emulator's own environment and imports nothing of ours. Its argument is the program
that starts the emulator of every other test.
"""

import json
import runpy
import secrets
import sys
from collections.abc import Callable
from typing import Any

# Of another environment.
from ministack.services.cloudformation import (  # type: ignore[import-not-found]
    provisioners,
)

Made = tuple[str, dict[str, Any]]
Create = Callable[[str, dict[str, Any], str], Made]

# They only have a name here. The test plays what scaling does; it has no network to guard.
NAMES_ONLY = (
    "AWS::ApiGatewayV2::VpcLink",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
)


def name_only(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
    return f"{stack}-{logical_id}", {}


def nothing_to_delete(name: str, properties: dict[str, Any]) -> None:
    pass


def with_dkim(create: Create) -> Create:
    """The records that verify the domain of an email sender."""

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


def with_master(create: Create) -> Create:
    """RDS chooses the password of the master, and keeps it in a secret."""

    def made(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        name, attributes = create(logical_id, properties, stack)
        if properties.get("ManageMasterUserPassword"):
            user = {
                "username": properties["MasterUsername"],
                "password": secrets.token_urlsafe(21),
            }
            secret = {"Name": f"rds!{name}", "SecretString": json.dumps(user)}
            _, kept = create_secret(logical_id, secret, stack)
            attributes["MasterUserSecret.SecretArn"] = kept["Id"]
        return name, attributes

    return made


def with_full_name(create: Create) -> Create:
    """The part of a balancer's ARN by which metrics name it."""

    def made(logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        arn, attributes = create(logical_id, properties, stack)
        kind = arn.rpartition(":")[2].partition("/")[0]
        attributes[f"{'LoadBalancer' if kind == 'loadbalancer' else 'TargetGroup'}FullName"] = (
            arn.rpartition(f"{kind}/")[2]
        )
        return arn, attributes

    return made


def in_lower_case(containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Health checks and secrets are stored as templates write them, and not as the API answers."""
    lowered: list[dict[str, Any]] = provisioners._pascal_to_camel(normalized(containers))
    return lowered


HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
create_secret: Create = HANDLERS["AWS::SecretsManager::Secret"]["create"]
normalized = provisioners._normalize_container_defs

if __name__ == "__main__":
    for kind in NAMES_ONLY:
        HANDLERS[kind] = {"create": name_only, "delete": nothing_to_delete}
    for kind, change in {
        "AWS::SES::EmailIdentity": with_dkim,
        "AWS::SecretsManager::Secret": by_arn,
        "AWS::RDS::DBInstance": with_master,
        "AWS::RDS::DBCluster": with_master,
        "AWS::ElasticLoadBalancingV2::LoadBalancer": with_full_name,
    }.items():
        handlers = HANDLERS[kind]
        handlers["create"] = change(handlers["create"])
    provisioners._normalize_container_defs = in_lower_case
    runpy.run_path(sys.argv.pop(), run_name="__main__")
