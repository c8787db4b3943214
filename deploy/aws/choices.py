"""The choices of an environment: cdk.json, and what differs in the file that CHOICES names.

    make deploy                                 the environment of cdk.json
    make deploy CHOICES=deploy/aws/staging.json another one in the same account

Imports nothing but the standard library: the release and the stacks have different environments.
"""

import json
import os
from pathlib import Path
from typing import Any

CDK = Path(__file__).with_name("cdk.json")


def read() -> dict[str, Any]:
    """All choices, with CDK's own. Raises OSError, and ValueError for a file that is not JSON."""
    context: dict[str, Any] = json.loads(CDK.read_text())["context"]
    if other := os.environ.get("CHOICES"):
        context |= json.loads(Path(other).read_text())
    return context
