"""docker-compose.yml agrees with deploy/: commands, variables, logins."""

import json
import os
import re
from typing import Any

import pytest
import yaml

from deploy import commands
from deploy.image import emulator
from deploy.image.trial import SERVICES
from deploy.local.application_env import application_env
from deploy.local.demo_logins import DEMO_LOGINS
from deploy.outputs import OUTPUTS
from tests.docs.pages import ROOT

# `${NAME:-default}` is replaced with its default.
TEXT = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "docker-compose.yml").read_text())
COMPOSED: dict[str, Any] = yaml.safe_load(TEXT)["services"]
ONCE = ("migrate", "demo")
EVERY = (*SERVICES, *ONCE)

COMMANDS = {
    "forwarder": commands.forwarder(),
    "worker": commands.worker("imports", processes=2),
    "maintenance": commands.worker("maintenance", processes=1),
    "mail": commands.worker("mail", processes=1),
    "webhooks": commands.worker("webhooks", processes=1),
    "beat": commands.beat("/tmp/beat-schedule"),
    "migrate": (*commands.MANAGE, "prepare_database"),
    "demo": (*commands.MANAGE, "load_demo"),
}


def test_the_services_are_those_of_the_local_system() -> None:
    assert set(COMPOSED) == {"postgres", "aws", *EVERY}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_that_of_other_environments(name: str) -> None:
    assert tuple(COMPOSED[name]["command"]) == COMMANDS[name]


def test_web_runs_the_images_command() -> None:
    assert "command" not in COMPOSED["web"]


def test_the_environment_is_the_local_systems() -> None:
    here = "aws:4566"
    outputs = {
        output: re.sub(r"127\.0\.0\.1:\d+", here, os.environ[variable])
        for output, variable in OUTPUTS.items()
    }
    expected = application_env(
        outputs,
        secret_key=COMPOSED["worker"]["environment"]["SECRET_KEY"],
        database_url="postgresql://app@postgres:5432/onboarding",
        aws_endpoint_url=f"http://{here}",
        portal_url="http://localhost:8000",
    )
    assert COMPOSED["beat"]["environment"] == expected
    assert COMPOSED["web"]["environment"] == expected | {
        "AWS_ENDPOINT_URL": f"http://localhost:{emulator.PORT}"
    }
    assert here == f"{emulator.NAME}:{emulator.PORT}"


def test_the_logins_are_the_local_systems() -> None:
    assert json.loads(COMPOSED["demo"]["environment"]["DEMO_LOGINS"]) == DEMO_LOGINS


@pytest.mark.parametrize("name", EVERY)
def test_a_container_is_restricted(name: str) -> None:
    service = COMPOSED[name]
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (
        True,
        ["/tmp"],
        ["ALL"],
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_the_database_and_is_always_restarted(
    name: str,
) -> None:
    waits = COMPOSED[name]["depends_on"]
    assert waits["demo"]["condition"] == "service_completed_successfully"
    assert waits["aws"]["condition"] == "service_healthy"
    assert COMPOSED[name]["restart"] == "unless-stopped"


def test_the_database_is_prepared_in_order() -> None:
    assert COMPOSED["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    waits = COMPOSED["demo"]["depends_on"]
    assert waits["migrate"]["condition"] == "service_completed_successfully"
    assert [COMPOSED[name]["restart"] for name in ONCE] == ["no", "no"]


@pytest.mark.parametrize("name", ["forwarder", "worker", "maintenance", "mail", "webhooks"])
def test_a_service_that_polls_sqs_is_healthy_while_sqs_answers(name: str) -> None:
    assert COMPOSED[name]["healthcheck"]["test"][1:] == ["python", "-I", "config/health_file.py"]
    assert COMPOSED[name]["environment"]["HEALTH_FILE"].startswith("/tmp/")


@pytest.mark.parametrize("name", ["worker", "maintenance", "mail", "webhooks"])
def test_a_worker_may_finish_its_tasks(name: str, settings: Any) -> None:
    assert COMPOSED[name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    seconds = int(COMPOSED[name]["stop_grace_period"].removesuffix("s"))
    assert seconds > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


def test_no_port_is_open_to_other_machines() -> None:
    ports = [port for service in COMPOSED.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:4566:4566", "127.0.0.1:8000:8000"]
