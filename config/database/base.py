"""Connections with credentials from Secrets Manager, so that a rotation needs no restart.

With `DB_SECRET_NAME` unset this is Django's own PostgreSQL back end.
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

# By the secret's name: when it was fetched, and what it said.
credentials_cache: dict[str, tuple[float, dict[str, str]]] = {}

__all__ = ["DatabaseWrapper"]


def credentials(*, fresh: bool = False) -> dict[str, str]:
    """User and password from the secret, at most one hour old; `fresh` asks again at once.

    Raises botocore's ClientError when the secret cannot be read.
    """
    if fresh:
        credentials_cache.clear()
    found = credentials_cache.get(settings.DB_SECRET_NAME)
    if found is None or time.monotonic() - found[0] > KEPT_SECONDS:
        found = credentials_cache[settings.DB_SECRET_NAME] = (time.monotonic(), _fetch())
    return found[1]


def _fetch() -> dict[str, str]:
    answer = aws.client("secretsmanager").get_secret_value(SecretId=settings.DB_SECRET_NAME)
    secret = json.loads(answer["SecretString"])
    return {"user": secret["username"], "password": secret["password"]}


def refused_credentials(error: BaseException) -> bool:
    """True when the server turned the user or the password down, as it does after a rotation."""
    return any(words in str(error) for words in REFUSED_CREDENTIALS)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection; credentials that were refused are fetched again, once."""
        if not settings.DB_SECRET_NAME:
            return super().get_new_connection(conn_params)
        try:
            return super().get_new_connection(conn_params | credentials())
        except (OperationalError, DjangoOperationalError) as error:
            if not refused_credentials(error):
                raise
            return super().get_new_connection(conn_params | credentials(fresh=True))
