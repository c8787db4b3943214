"""The services: their commands, their environment, how they start and stop."""

import ast
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy import commands
from deploy.aws import deployment
from deploy.aws.deployment import LAYOUTS
from deploy.aws.templates import Layout, is_spot, text
from imports.datasets import all_datasets
from tests.docs.test_configuration import REQUIRED, settings_read

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "standard": {
        *(
            "web",
            "forwarder",
            "worker",
            "maintenance",
            "mail",
            "webhooks",
            "beat",
            "migrate",
            "command",
        )
    },
    "compact": {"web", "forwarder", "worker", "importer", "mail", "beat", "migrate", "command"},
}
# Those that end without their task.
OPTIONAL = {"standard": {"webhooks"}, "compact": {"importer", "mail"}}
# Read by Celery, not by the settings.
NOT_SETTINGS = {"REMAP_SIGTERM"}
TASKS = {
    "standard": {
        "onboarding-web": {"web"},
        "onboarding-forwarder": {"forwarder"},
        "onboarding-clock": {"beat", "maintenance", "mail", "webhooks"},
        "onboarding-worker": {"worker"},
        "onboarding-migrate": {"migrate"},
        "onboarding-command": {"command"},
    },
    "compact": {
        "onboarding-portal": {"web", "forwarder", "beat", "importer", "mail"},
        "onboarding-worker": {"worker"},
        "onboarding-migrate": {"migrate"},
        "onboarding-command": {"command"},
    },
}


def test_each_part_is_in_one_task(layout: Layout) -> None:
    found = {
        task["Family"]: {container["Name"] for container in task["ContainerDefinitions"]}
        for task in layout.resources("ECS::TaskDefinition").values()
    }
    assert found == TASKS[layout.key]
    assert layout.containers().keys() == PARTS[layout.key]


def test_some_parts_end_without_ending_their_task(layout: Layout) -> None:
    """An older image, after a rollback, may not know the queue of webhooks. In the compact layout
    the portal shares the task of the workers."""
    for name, container in layout.containers().items():
        is_optional = name in OPTIONAL[layout.key]
        assert container["Essential"] is not is_optional, name
        assert container.get("RestartPolicy", {}).get("Enabled", False) is is_optional


def test_tasks_run_on_arm_with_separate_execution_and_task_roles(layout: Layout) -> None:
    for task in layout.resources("ECS::TaskDefinition").values():
        assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
        assert task["RequiresCompatibilities"] == ["FARGATE"]
        assert task["ExecutionRoleArn"] != task["TaskRoleArn"]


def test_containers_use_one_image_and_write_only_to_tmp(layout: Layout) -> None:
    for container in layout.containers().values():
        assert container["Image"] == {"Ref": "Image"}
        assert container["ReadonlyRootFilesystem"] is True
        assert [mount["ContainerPath"] for mount in container["MountPoints"]] == ["/tmp"]
        assert container["Command"][0] == "python"
    for task in layout.resources("ECS::TaskDefinition").values():
        volumes = [
            mount["MountPoints"][0]["SourceVolume"] for mount in task["ContainerDefinitions"]
        ]
        assert sorted(volumes) == sorted(volume["Name"] for volume in task["Volumes"])


def test_a_worker_has_longer_to_stop_than_its_tasks_need(layout: Layout) -> None:
    from django.conf import settings

    containers = layout.containers()
    for name, container in containers.items():
        assert container["StopTimeout"] <= 120, name  # Fargate's maximum
    for name in workers(layout):
        assert containers[name]["StopTimeout"] > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT
        assert layout.environment(name)["REMAP_SIGTERM"] == "SIGQUIT"
    web = containers["web"]["Command"]
    assert containers["web"]["StopTimeout"] > int(web[web.index("--graceful") + 1])


def test_commands_are_those_of_other_environments(layout: Layout) -> None:
    run = {name: tuple(said["Command"]) for name, said in layout.containers().items()}
    assert run["forwarder"] == commands.forwarder()
    assert run["worker"] == commands.worker("imports", processes=2)
    assert run["migrate"] == (*commands.MANAGE, "prepare_database")
    assert run["command"] == (*commands.MANAGE, "canary")
    if layout.key == "compact":
        assert run["importer"] == commands.worker("imports", "maintenance", processes=1)
        assert run["mail"] == commands.worker("mail", "webhooks", processes=1)
    else:
        for queue in ("maintenance", "mail", "webhooks"):
            assert run[queue] == commands.worker(queue, processes=1)


def workers(layout: Layout) -> list[str]:
    run = layout.containers().items()
    return [name for name, container in run if "worker" in container["Command"]]


def test_every_queue_has_a_worker_that_always_runs(layouts: dict[str, Layout]) -> None:
    """In the compact layout. In the standard one the forwarder starts the first import worker."""
    layout = layouts["compact"]
    always = set(workers(layout)) - {"worker"}
    commands_run = [layout.containers()[name]["Command"] for name in always]
    queues = [command[command.index("-Q") + 1].split(",") for command in commands_run]
    assert sorted(itertools.chain(*queues)) == ["imports", "mail", "maintenance", "webhooks"]


def test_imports_are_logged_in_one_place(layouts: dict[str, Layout]) -> None:
    """Metric filters and alarms read it."""
    log = layouts["compact"].containers()["importer"]["LogConfiguration"]["Options"]
    created = layouts["compact"].resources("Logs::LogGroup", "workers").values()
    assert [each["LogGroupName"] for each in created] == [log["awslogs-group"]]


def test_only_the_compact_portal_and_workers_run_on_spot(layout: Layout) -> None:
    spot = {name for name, service in layout.services().items() if is_spot(service)}
    assert spot == {"worker"} | ({"portal"} if layout.key == "compact" else set())


def test_containers_that_poll_sqs_have_a_health_file(layout: Layout) -> None:
    for name in ("forwarder", *workers(layout)):
        health = layout.containers()[name]["HealthCheck"]
        assert health["Command"] == ["CMD", "python", "-I", "config/health_file.py"]
        assert layout.environment(name)["HEALTH_FILE"].startswith("/tmp/")
    assert "/healthz" in layout.containers()["web"]["HealthCheck"]["Command"][-1]


def test_a_part_has_the_variables_that_the_settings_read(layout: Layout) -> None:
    known = settings_read()
    required = {name for name, default in known.items() if default == REQUIRED}
    for part, container in layout.containers().items():
        given = layout.environment(part).keys() - NOT_SETTINGS
        secret = {each["Name"] for each in container["Secrets"]}
        assert required <= given | secret <= known.keys(), part


def test_no_secret_is_a_plain_variable(layout: Layout) -> None:
    for name, container in layout.containers().items():
        assert [each["Name"] for each in container["Secrets"]] == ["SECRET_KEY"]
        said = {key: text(value) for key, value in layout.environment(name).items()}
        assert "SECRET_KEY" not in said
        assert "@" not in said["DATABASE_URL"], "user and password come from the secret"
        assert said["DB_SSM_PARAMETER"] == "/onboarding/database"
    with_master = [
        name for name in layout.containers() if "DB_MASTER_SECRET_NAME" in layout.environment(name)
    ]
    assert with_master == ["migrate"]


def settings_with(environment: dict[str, Any], tmp_path: Path, question: str) -> str:
    """The value of an expression about the settings, with only these variables."""
    said = {name: re.sub("<.*?>", "aws", text(value)) for name, value in environment.items()}
    done = subprocess.run(
        [sys.executable, "-c", f"from config import settings\nprint({question})"],
        cwd=ROOT,
        env={**said, "SECRET_KEY": "x" * 50, "LOCAL_DIR": str(tmp_path), "PATH": "/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_settings_accept_the_environment(layout: Layout, tmp_path: Path) -> None:
    database = "settings.DATABASES['default']"
    question = f"{database}['OPTIONS']['sslmode'], {database}['USER'], settings.LOCAL"
    for part in ("web", "forwarder", "migrate"):
        environment = layout.environment(part)
        assert settings_with(environment, tmp_path, question) == "verify-full  False"


def test_the_compact_layout_is_quiet_when_idle(layouts: dict[str, Layout], tmp_path: Path) -> None:
    environment = layouts["compact"].environment("beat")
    schedule = "[(k, v['schedule']) for k, v in settings.CELERY_BEAT_SCHEDULE.items()]"
    every = dict(ast.literal_eval(settings_with(environment, tmp_path, schedule)))
    assert every.pop("watch_dead_letters") == 300  # uses only SQS
    assert set(every.values()) == {6 * 3600.0}
    timeouts = "settings.CONN_MAX_AGE, settings.DB_CONNECT_TIMEOUT >= 40"
    assert settings_with(environment, tmp_path, timeouts) == "0 True"
    header = "settings.SECURE_PROXY_SSL_HEADER[0]"
    assert settings_with(environment, tmp_path, header) == "HTTP_X_PORTAL_PROTO"
    assert not LAYOUTS["standard"].pace


def test_beat_never_runs_twice(layout: Layout) -> None:
    name = {"standard": "clock", "compact": "portal"}[layout.key]
    service = layout.services()[name]
    bounds = service["DeploymentConfiguration"]
    assert (bounds["MinimumHealthyPercent"], bounds["MaximumPercent"]) == (0, 100)
    assert (service["DesiredCount"], service["AvailabilityZoneRebalancing"]) == (1, "DISABLED")
    others = [each for each in layout.services() if each not in (name, "worker")]
    for other in others:
        assert layout.services()[other]["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100


def test_services_need_no_nat_gateway_and_roll_back_automatically(layout: Layout) -> None:
    for service in layout.services().values():
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "ENABLED"
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
            "Enable": True,
            "Rollback": True,
        }
    kinds = {each["Type"] for each in layout.template("network")["Resources"].values()}
    assert "AWS::EC2::NatGateway" not in kinds
    endpoints = layout.resources("EC2::VPCEndpoint").values()
    assert {each["VpcEndpointType"] for each in endpoints} == {"Gateway"}


def test_logs_expire(layout: Layout) -> None:
    for name, log in layout.resources("Logs::LogGroup").items():
        assert log["RetentionInDays"] == 30, name  # like personal data (PERSONAL_KEPT_DAYS)


def test_each_data_set_may_have_a_mailbox(layout: Layout) -> None:
    choices = json.loads((ROOT / "deploy" / "aws" / "cdk.json").read_text())["context"]
    for part in layout.containers():
        said = layout.environment(part)["NOTIFICATION_EMAILS"]
        assert dict(pair.split("=") for pair in said.split(",")) == choices["mailboxes"]
    assert choices["mailboxes"].keys() <= all_datasets().keys()
    # The operators' mailbox is no place for personal data.
    personal = {key for key, dataset in all_datasets().items() if dataset.personal}
    assert all(choices["mailboxes"][key] != choices["alarm_mailbox"] for key in personal)


@pytest.mark.parametrize("mailboxes", [{"clients": "nowhere"}, {"a=b": "x@y"}, {"a": "x@y,c=d@e"}])
def test_an_invalid_mailbox_is_not_deployed(mailboxes: dict[str, str]) -> None:
    choices = json.loads((ROOT / "deploy" / "aws" / "cdk.json").read_text())["context"]
    with pytest.raises(deployment.NotDeployable, match="mailboxes"):
        deployment.read(choices | {"mailboxes": mailboxes})
