"""The application's environment: everything its settings need."""

import os
import secrets
from collections.abc import Mapping

from deploy.local.aws import CREDENTIALS, REGION
from deploy.local.bootstrap import SENDER
from deploy.local.places import Places, write_text
from deploy.outputs import OUTPUTS


def application_env(
    outputs: Mapping[str, str],
    *,
    secret_key: str,
    database_url: str,
    aws_endpoint_url: str,
    portal_url: str,
) -> dict[str, str]:
    """The variables that the application's settings read, and no others."""
    return {
        "LOCAL": "1",
        "SECRET_KEY": secret_key,
        "DATABASE_URL": database_url,
        "AWS_ENDPOINT_URL": aws_endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
        **{variable: outputs[output] for output, variable in OUTPUTS.items()},
        "PORTAL_URL": portal_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DEFAULT_FROM_EMAIL": SENDER,
    }


def nowhere() -> dict[str, str]:
    """The variables of a process that connects to no server."""
    return application_env(
        dict.fromkeys(OUTPUTS, "http://127.0.0.1:9/none"),
        secret_key=secrets.token_urlsafe(50),
        database_url="postgresql://127.0.0.1:9/none",
        aws_endpoint_url="http://127.0.0.1:9",
        portal_url="http://127.0.0.1:9",
    )


def process_env(variables: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with these variables, and without conflicting ones."""
    # A profile or a session token of the shell must not give access to a real account.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    # Connections between our own processes must not go through a proxy.
    around = ",".join(filter(None, (kept.get("NO_PROXY"), "127.0.0.1,localhost")))
    return {
        **kept,
        "NO_PROXY": around,
        "no_proxy": around,
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


def write_dotenv(places: Places, variables: Mapping[str, str]) -> None:
    """Write the variables to a file, for commands run in a shell."""
    lines = (f"{name}='{value}'\n" for name, value in variables.items())
    write_text(places.env, "".join(lines))


def read_dotenv(places: Places) -> dict[str, str]:
    """The variables that `write_dotenv` wrote."""
    lines = places.env.read_text().splitlines()
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
