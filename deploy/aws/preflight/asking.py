"""Asks an account everything that a release needs, and returns all findings at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy.aws.deployment import Deployment
from deploy.aws.preflight import account, choices_made, mail, names, region
from deploy.aws.preflight.findings import Asked, Check, Finding
from deploy.aws.templates import STACKS

CHECKS: tuple[Check, ...] = (
    choices_made.placeholders,
    *(region.zones, region.certificate, region.engine),
    *(mail.sender, mail.sandbox),
    *(account.service_linked_role, account.permissions, account.quotas, account.vpcs),
    *(names.stack_states, names.free_names),
)


def find(
    chosen: Deployment, context: dict[str, Any], templates: Path, session: Any
) -> list[Finding]:
    """All findings about an account; changes nothing.

    Without an answer to who is asking there is only that finding: nothing else would be answered.
    """
    try:
        caller = session.client("sts").get_caller_identity()
        stacks = existing(session.client("cloudformation"), chosen.name)
    except (ClientError, BotoCoreError) as problem:
        return [
            *choices_made.placeholders(Asked(chosen, context, "", "", {}, templates, _no_client)),
            Finding(
                f"No answer from AWS in region {chosen.region}: {problem}",
                "A release needs credentials of the account, and a region that is switched on.",
                "Log in (aws sso login, or the role of the workflow); switch the region on in "
                "the account's settings.",
            ),
        ]
    asked = Asked(
        chosen, context, caller["Account"], caller["Arn"], stacks, templates, session.client
    )
    return [finding for check in CHECKS for finding in answered(check, asked)]


def answered(check: Check, asked: Asked) -> Iterator[Finding]:
    """The findings of a check; that it could not be made is one."""
    try:
        yield from check(asked)
    except (ClientError, BotoCoreError) as problem:
        yield Finding(
            f"Not checked: {check.__name__.replace('_', ' ')}: {problem}",
            "Every check should be answered before something is changed.",
            "Give the caller the permission that the answer names, or check it by hand.",
            is_note=True,
        )


def existing(cloudformation: Any, name: str) -> dict[str, str]:
    """The status of each stack of the environment that exists."""
    found: dict[str, str] = {}
    wanted = {f"{name}-{stack}" for stack in STACKS}
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if stack["StackName"] in wanted and stack["StackStatus"] != "DELETE_COMPLETE":
                found[stack["StackName"]] = stack["StackStatus"]
    return found


def _no_client(_service: str) -> Any:
    raise LookupError("there is no answer from AWS")
