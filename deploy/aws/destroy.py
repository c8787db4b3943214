"""Deletes an environment with all its data: `python -m deploy.aws.destroy`, once and for all.

It asks for the environment's name. It may be repeated after an interruption at any point: what a
stack would leave behind is deleted before the stack, which knows it.
"""

import sys
from pathlib import Path
from typing import Any

import boto3

from deploy.aws import choices, deployment, parameters
from deploy.aws.kept import KEPT
from deploy.aws.preflight.asking import existing
from deploy.aws.stacks import GONE, PROTECTION, UPDATABLE, NotReleased, Stacks, say
from deploy.aws.templates import STACKS


def destroy(session: Any, name: str) -> None:
    """Delete the stacks of an environment, the last one first. Raises NotReleased."""
    cloudformation = session.client("cloudformation")
    stacks = Stacks(cloudformation, name, Path())
    states = existing(cloudformation, name)
    for stack in reversed(STACKS):
        state = states.get(f"{name}-{stack}", "")
        if state in GONE:
            continue
        if state in UPDATABLE and stacks.parameter(stack, PROTECTION):
            stacks.set_parameters(stack, {PROTECTION: "false"})
        delete_kept(session, f"{name}-{stack}")
        stacks.delete(stack)
    parameters.delete(session.client("ssm"), name)


def delete_kept(session: Any, stack: str) -> None:
    """Delete what the stack would leave behind."""
    cloudformation = session.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [each for page in pages for each in page["StackResourceSummaries"]]
    for kind, delete in KEPT.items():
        for resource in found:
            if resource["ResourceType"] == kind and resource.get("PhysicalResourceId"):
                say(f"{kind.removeprefix('AWS::')} {resource['PhysicalResourceId']}: delete")
                delete(session.client, resource["PhysicalResourceId"])


def main() -> None:
    chosen = deployment.read(choices.read())
    sys.stderr.write(
        f"This deletes the environment {chosen.name} in {chosen.region}: its files, its tables, "
        "its images, and its database, of which one snapshot is kept.\n"
        "Type its name to go on: "
    )
    if sys.stdin.readline().strip() != chosen.name:
        raise NotReleased("that is not its name; nothing was changed")
    destroy(boto3.Session(region_name=chosen.region), chosen.name)
    say(
        f"{chosen.name} is deleted. DynamoDB keeps backups of the tables Clients and csv-data for "
        "35 days, at no cost"
    )


if __name__ == "__main__":
    try:
        main()
    except (NotReleased, deployment.NotDeployable) as problem:
        sys.exit(f"Not destroyed: {problem}")
