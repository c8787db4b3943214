"""Connections with credentials from Secrets Manager or from SSM's Parameter Store, so that
rotating them needs no restart.

Without `DB_SECRET_NAME` and `DB_SSM_PARAMETER` this is Django's own PostgreSQL back end. With
`DB_MASTER_SECRET_NAME` the process connects as the owner of the tables: see roles.py.
"""

import json
import time
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper, InternalError
from django.db.utils import OperationalError as DjangoOperationalError
from django.utils.functional import cached_property
from psycopg2 import OperationalError
from psycopg2.errors import IdleInTransactionSessionTimeout

from config import aws
from config.database import process_name, timeouts

CACHE_SECONDS = 3600
REFUSED_CREDENTIALS = ("password authentication failed", "role ")

# Service and name, to the time of the fetch and the credentials.
credentials_cache: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}

__all__ = ["DatabaseWrapper"]


def credentials_source() -> tuple[str, str] | None:
    """Service and name under which this process's credentials are stored.

    None when DATABASE_URL contains them.
    """
    if settings.DB_MASTER_SECRET_NAME:
        return "secretsmanager", settings.DB_MASTER_SECRET_NAME
    return application_credentials_source()


def application_credentials_source() -> tuple[str, str] | None:
    """The same for the application's own role; None when it has no stored credentials."""
    if settings.DB_SECRET_NAME:
        return "secretsmanager", settings.DB_SECRET_NAME
    if settings.DB_SSM_PARAMETER:
        return "ssm", settings.DB_SSM_PARAMETER
    return None


def credentials(source: tuple[str, str], *, fresh: bool = False) -> dict[str, str]:
    """User name and password, cached for up to an hour; `fresh` bypasses the cache.

    Raises botocore's ClientError when they cannot be read.
    """
    if fresh:
        credentials_cache.clear()
    found = credentials_cache.get(source)
    if found is None or time.monotonic() - found[0] > CACHE_SECONDS:
        found = credentials_cache[source] = (time.monotonic(), _fetch(*source))
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
    """Whether the server rejected the user name or the password, as it does after a rotation."""
    return any(words in str(error) for words in REFUSED_CREDENTIALS)


class ErrorWrapper(DatabaseErrorWrapper):
    """Django's, for which a session that the server ended while it was idle is a lost connection,
    and not an error of the program."""

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        try:
            super().__exit__(exc_type, exc_value, traceback)
        except InternalError as error:
            if isinstance(exc_value, IdleInTransactionSessionTimeout):
                raise DjangoOperationalError(*error.args) from exc_value
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        return ErrorWrapper(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Django's, with the timeouts and the name of this process."""
        params: dict[str, Any] = super().get_connection_params()
        given = params.get("options", "")
        options = {"options": f"{given} {timeouts.as_options()}".strip()}
        return params | options | process_name.as_parameters()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection; when the credentials are rejected, fetch them again and retry once."""
        source = credentials_source()
        if source is None:
            return super().get_new_connection(conn_params)
        try:
            return super().get_new_connection(conn_params | credentials(source))
        except (OperationalError, DjangoOperationalError) as error:
            if not refused_credentials(error):
                raise
            return super().get_new_connection(conn_params | credentials(source, fresh=True))
