"""A release creates the application's secrets once, and never replaces one."""

import json
from collections.abc import Callable
from typing import Any

from deploy.aws import parameters

DEPLOYMENT = "secrets-of-this-test"


def test_a_release_creates_what_is_missing_and_keeps_what_exists(
    aws: Callable[[str], Any],
) -> None:
    ssm = aws("ssm")
    kept = parameters.signing_key(DEPLOYMENT)
    ssm.put_parameter(Name=kept, Value="in use", Type="SecureString", Overwrite=True)
    parameters.create_missing(ssm, DEPLOYMENT)
    first = values(ssm)
    parameters.create_missing(ssm, DEPLOYMENT)
    assert values(ssm) == first
    assert first[kept] == "in use"
    made = json.loads(first[parameters.database(DEPLOYMENT)])
    assert made["username"] == "onboarding"
    assert len(made["password"]) == 40
    assert made["password"].isalnum(), "it becomes part of a URL"


def test_random_texts_differ() -> None:
    texts = {parameters.random_text(64) for _ in range(100)}
    assert len(texts) == 100
    assert {len(text) for text in texts} == {64}


def values(ssm: Any) -> dict[str, str]:
    names = [parameters.database(DEPLOYMENT), parameters.signing_key(DEPLOYMENT)]
    found = ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    assert {each["Type"] for each in found} == {"SecureString"}
    return {each["Name"]: each["Value"] for each in found}
