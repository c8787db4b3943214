"""Connections with credentials from Secrets Manager or from SSM's Parameter Store, so that a
rotation needs no restart.

With both `DB_SECRET_NAME` and `DB_SSM_PARAMETER` unset this is Django's own PostgreSQL back end.
With `DB_MASTER_SECRET_NAME` this process connects as the owner of the tables: see roles.py.
"""

import json
import time
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg2 import OperationalError

from config import aws

KEPT_SECONDS = 3600
REFUSED_CREDENTIALS = ("password authentication failed", "role ")

# By the place: when it was fetched, and what it said.
credentials_cache: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}

__all__ = ["DatabaseWrapper"]


def credentials_source() -> tuple[str, str] | None:
    """Where this process's credentials are, service and name; None where the address has them."""
    if settings.DB_MASTER_SECRET_NAME:
        return "secretsmanager", settings.DB_MASTER_SECRET_NAME
    return application_place()


def application_place() -> tuple[str, str] | None:
    """Where the credentials of the application's own role are; None where it has none."""
    if settings.DB_SECRET_NAME:
        return "secretsmanager", settings.DB_SECRET_NAME
    if settings.DB_SSM_PARAMETER:
        return "ssm", settings.DB_SSM_PARAMETER
    return None


def credentials(where: tuple[str, str], *, fresh: bool = False) -> dict[str, str]:
    """User and password from that place, at most one hour old; `fresh` asks again at once.

    Raises botocore's ClientError when it cannot be read.
    """
    if fresh:
        credentials_cache.clear()
    found = credentials_cache.get(where)
    if found is None or time.monotonic() - found[0] > KEPT_SECONDS:
        found = credentials_cache[where] = (time.monotonic(), _fetch(*where))
    return found[1]


def _fetch(service: str, name: str) -> dict[str, str]:
    client = aws.client(service)
    if service == "ssm":
        text = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    else:
        text = client.get_secret_value(SecretId=name)["SecretString"]
    secret = json.loads(text)
    return {"user": secret["username"], "password": secret["password"]}


def refused_credentials(error: BaseException) -> bool:
    """True when the server turned the user or the password down, as it does after a rotation."""
    return any(words in str(error) for words in REFUSED_CREDENTIALS)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection; credentials that were refused are fetched again, once."""
        where = credentials_source()
        if where is None:
            return super().get_new_connection(conn_params)
        try:
            return super().get_new_connection(conn_params | credentials(where))
        except (OperationalError, DjangoOperationalError) as error:
            if not refused_credentials(error):
                raise
            return super().get_new_connection(conn_params | credentials(where, fresh=True))
