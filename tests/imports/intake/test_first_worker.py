"""The forwarder starts the first import worker, but no second one, and none without work."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as project
from django.test import override_settings

from config import aws
from imports.execution.hints import send_hint
from imports.intake import first_worker
from imports.intake.first_worker import FirstWorker
from tests.config.listening import listening
from tests.faults.world import wait_until

CLUSTER, SERVICE = "onboarding", "worker"


@pytest.fixture
def starter(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FirstWorker:
    """Starts workers of a service of the emulator's ECS, with no pause between checks."""
    settings.WORKER_SERVICE = f"{CLUSTER}/{SERVICE}"
    monkeypatch.setattr(first_worker, "CHECK_INTERVAL_SECONDS", 0.0)
    return FirstWorker()


@pytest.fixture(autouse=True)
def no_hints() -> None:
    aws.client("sqs").purge_queue(QueueUrl=project.IMPORTS_QUEUE_URL)


@pytest.fixture(autouse=True)
def service() -> Iterator[None]:
    """A service of workers with a desired count of 0."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "worker", "image": "none", "memory": 128}
    ecs.register_task_definition(family="worker", containerDefinitions=[container])
    ecs.create_service(
        cluster=CLUSTER, serviceName=SERVICE, taskDefinition="worker", desiredCount=0
    )
    yield
    ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)


def wanted() -> int:
    [found] = aws.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    return int(found["desiredCount"])


def want(count: int) -> None:
    aws.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=count)


@contextmanager
def unreachable_aws() -> Iterator[None]:
    """No server listens at the address of AWS."""
    aws.client.cache_clear()
    with override_settings(AWS_ENDPOINT_URL="http://127.0.0.1:9"):
        yield
    aws.client.cache_clear()


def test_nothing_is_started_without_work(starter: FirstWorker) -> None:
    starter.start_if_needed(forwarded=False)
    assert wanted() == 0


def test_a_forwarded_event_starts_one(starter: FirstWorker) -> None:
    starter.start_if_needed(forwarded=True)
    assert wanted() == 1


def test_a_hint_of_any_sender_starts_one(starter: FirstWorker) -> None:
    """Hints of the portal and of the sweeps do not pass through the forwarder."""
    send_hint()
    starter.start_if_needed(forwarded=False)
    assert wanted() == 1


def test_a_delayed_hint_starts_none(starter: FirstWorker) -> None:
    send_hint(delay=600)
    starter.start_if_needed(forwarded=False)
    assert wanted() == 0


def test_a_running_service_is_left_to_autoscaling(starter: FirstWorker) -> None:
    want(3)
    starter.start_if_needed(forwarded=True)
    assert wanted() == 3


def test_it_checks_once_per_interval_and_forgets_nothing(
    starter: FirstWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_worker, "CHECK_INTERVAL_SECONDS", 3600.0)
    starter.start_if_needed(forwarded=False)
    starter.start_if_needed(forwarded=True)
    assert wanted() == 0
    starter.next_check = 0.0  # an hour later
    starter.start_if_needed(forwarded=False)
    assert wanted() == 1


@pytest.mark.parametrize("missing", ["onboarding/missing", "missing/worker"])
def test_a_missing_service_is_logged(
    missing: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WORKER_SERVICE = missing
    caplog.set_level(logging.WARNING)
    FirstWorker().start_if_needed(forwarded=True)
    assert "worker" in caplog.text


def test_without_a_service_aws_is_not_called(caplog: pytest.LogCaptureFixture) -> None:
    with unreachable_aws():
        FirstWorker().start_if_needed(forwarded=True)
    assert not caplog.text


def test_an_unreachable_aws_is_called_again(
    starter: FirstWorker, caplog: pytest.LogCaptureFixture
) -> None:
    with unreachable_aws():
        starter.start_if_needed(forwarded=True)
    assert "could not check or start the first worker" in caplog.text
    starter.start_if_needed(forwarded=False)
    assert wanted() == 1


@pytest.mark.slow
def test_the_running_forwarder_starts_one() -> None:
    send_hint()
    with listening("EVENTS_QUEUE_URL", WORKER_SERVICE=f"{CLUSTER}/{SERVICE}"):
        wait_until("the first worker is requested", wanted)
