"""Values of the example that were never replaced."""

import re
from collections.abc import Iterator
from typing import Any

from deploy.aws.preflight.findings import Asked, Finding

# Reserved for documents: the domain `.example`, and AWS's own accounts and IDs in examples.
PLACEHOLDER = re.compile(r"\.example\b|111122223333|444455556666|00000000-0000-0000")


def placeholders(asked: Asked) -> Iterator[Finding]:
    for path, value in leaves(asked.context):
        if PLACEHOLDER.search(value):
            yield Finding(
                f"{path} is {value}",
                "A value of the example cannot be deployed.",
                f"Set {path} in deploy/aws/cdk.json, or in the file that CHOICES names.",
            )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the choices with where it is: `mailboxes.clients`."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, path)
    elif isinstance(value, str):
        yield path, value
