"""The secrets of the application: SecureStrings in the Parameter Store, which cost nothing.

No template can create a SecureString, so a release creates those that are missing.
"""

import json
import secrets
import string
from collections.abc import Callable
from typing import Any

ALPHABET = string.ascii_letters + string.digits  # parts of a URL


def database(deployment: str) -> str:
    """The parameter with the application's user and password."""
    return f"/{deployment}/database"


def signing_key(deployment: str) -> str:
    """The parameter with SECRET_KEY. It signs sessions and links in emails: a new key logs out all
    users and breaks all links."""
    return f"/{deployment}/signing-key"


def create_missing(ssm: Any, deployment: str) -> None:
    """Create those that do not exist, with random values. Existing ones stay as they are."""
    wanted: dict[str, Callable[[], str]] = {
        database(deployment): lambda: json.dumps(
            {"username": "onboarding", "password": random_text(40)}
        ),
        signing_key(deployment): lambda: random_text(64),
    }
    for name, make in wanted.items():
        try:
            ssm.put_parameter(Name=name, Value=make(), Type="SecureString", Overwrite=False)
        except ssm.exceptions.ParameterAlreadyExists:
            continue


def delete(ssm: Any, deployment: str) -> None:
    """Delete those that exist."""
    ssm.delete_parameters(Names=[database(deployment), signing_key(deployment)])


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
