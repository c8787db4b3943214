"""Credentials from Secrets Manager: cached, and fetched again once when they are refused."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.conf import settings as project
from django.db import connection
from django.test import override_settings
from psycopg2 import OperationalError

from config.database import base

ROLE = "rotating"


@pytest.fixture
def secret() -> Iterator[Any]:
    """A secret in the emulator, and a function that changes it."""
    client = boto3.client(
        "secretsmanager", region_name=project.AWS_REGION, endpoint_url=project.AWS_ENDPOINT_URL
    )
    name = client.create_secret(Name="test-database", SecretString="{}")["Name"]

    def set_to(user: str, password: str) -> None:
        client.put_secret_value(
            SecretId=name, SecretString=json.dumps({"username": user, "password": password})
        )

    base.credentials_cache.clear()
    with override_settings(DB_SECRET_NAME=name):
        yield set_to
    base.credentials_cache.clear()
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def new_connection() -> Any:
    return connection.get_new_connection(connection.get_connection_params())


def user_of(raw: Any) -> str:
    try:
        return str(raw.info.user)
    finally:
        raw.close()


@pytest.mark.django_db
def test_user_and_password_come_from_the_secret(secret: Any) -> None:
    secret(connection.settings_dict["USER"], "any")
    assert user_of(new_connection()) == connection.settings_dict["USER"]


@pytest.mark.django_db
def test_a_rotated_secret_is_fetched_again_without_a_restart(secret: Any) -> None:
    secret(connection.settings_dict["USER"], "old")
    new_connection().close()

    # The role that the cached secret names is gone after the rotation.
    secret("somebody_gone", "old")
    base.credentials(fresh=True)
    secret(connection.settings_dict["USER"], "new")

    assert user_of(new_connection()) == connection.settings_dict["USER"]
    assert base.credentials()["password"] == "new"


@pytest.mark.django_db
def test_credentials_that_stay_wrong_are_an_error(secret: Any) -> None:
    secret("somebody_gone", "x")
    with pytest.raises(OperationalError, match="somebody_gone"):
        new_connection()


@pytest.mark.django_db
def test_the_secret_is_read_once_an_hour(secret: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret("first", "x")
    assert base.credentials()["user"] == "first"
    secret("second", "x")
    assert base.credentials()["user"] == "first"

    later = time.monotonic() + base.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert base.credentials()["user"] == "second"
