"""Credentials from either store are cached, and fetched again once when they are rejected."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from django.conf import settings as project
from django.db import connection
from django.test import override_settings
from psycopg2 import OperationalError

from config.database import base

ROLE = "rotating"


Secret = Callable[[str, str], None]


def client(service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload] # one function for all services
        region_name=project.AWS_REGION,
        endpoint_url=project.AWS_ENDPOINT_URL,
    )


@contextmanager
def in_secrets_manager() -> Iterator[Secret]:
    secrets = client("secretsmanager")
    name = secrets.create_secret(Name="test-database", SecretString="{}")["Name"]
    with override_settings(DB_SECRET_NAME=name, DB_SSM_PARAMETER=""):
        yield lambda user, password: secrets.put_secret_value(
            SecretId=name, SecretString=json.dumps({"username": user, "password": password})
        )
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@contextmanager
def in_parameter_store() -> Iterator[Secret]:
    ssm = client("ssm")
    name = "/test/database"
    with override_settings(DB_SECRET_NAME="", DB_SSM_PARAMETER=name):
        yield lambda user, password: ssm.put_parameter(
            Name=name,
            Value=json.dumps({"username": user, "password": password}),
            Type="SecureString",
            Overwrite=True,
        )
    ssm.delete_parameter(Name=name)


@pytest.fixture(params=[in_secrets_manager, in_parameter_store])
def secret(request: pytest.FixtureRequest) -> Iterator[Secret]:
    """Credentials in the emulator; yields a function that changes them."""
    base.credentials_cache.clear()
    with request.param() as set_to:
        yield set_to
    base.credentials_cache.clear()


def fetched(*, fresh: bool = False) -> dict[str, str]:
    source = base.credentials_source()
    assert source is not None
    return base.credentials(source, fresh=fresh)


def new_connection() -> Any:
    return connection.get_new_connection(connection.get_connection_params())


def user_of(raw: Any) -> str:
    try:
        return str(raw.info.user)
    finally:
        raw.close()


@pytest.mark.django_db
def test_user_and_password_come_from_the_secret(secret: Secret) -> None:
    secret(connection.settings_dict["USER"], "any")
    assert user_of(new_connection()) == connection.settings_dict["USER"]


@pytest.mark.django_db
def test_a_rotated_secret_is_fetched_again_without_a_restart(secret: Secret) -> None:
    secret(connection.settings_dict["USER"], "old")
    new_connection().close()

    # The role in the cached secret no longer exists after the rotation.
    secret("removed_role", "old")
    fetched(fresh=True)
    secret(connection.settings_dict["USER"], "new")

    assert user_of(new_connection()) == connection.settings_dict["USER"]
    assert fetched()["password"] == "new"


@pytest.mark.django_db
def test_credentials_that_stay_wrong_are_an_error(secret: Secret) -> None:
    secret("removed_role", "x")
    with pytest.raises(OperationalError, match="removed_role"):
        new_connection()


@pytest.mark.django_db
def test_the_secret_is_read_once_an_hour(secret: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    secret("first", "x")
    assert fetched()["user"] == "first"
    secret("second", "x")
    assert fetched()["user"] == "first"

    later = time.monotonic() + base.CACHE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert fetched()["user"] == "second"
