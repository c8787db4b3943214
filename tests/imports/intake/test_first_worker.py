"""The forwarder starts the first import worker, and neither a second one nor without need."""

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
def look(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FirstWorker:
    """Who looks after a service of the emulator's ECS, with no pause between looks."""
    settings.WORKER_SERVICE = f"{CLUSTER}/{SERVICE}"
    monkeypatch.setattr(first_worker, "CHECK_INTERVAL_SECONDS", 0.0)
    return FirstWorker()


@pytest.fixture(autouse=True)
def no_hints() -> None:
    aws.client("sqs").purge_queue(QueueUrl=project.IMPORTS_QUEUE_URL)


@pytest.fixture(autouse=True)
def service() -> Iterator[None]:
    """A service of workers, with none of them wanted."""
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
def aws_unreachable() -> Iterator[None]:
    """Where AWS should be."""
    aws.client.cache_clear()
    with override_settings(AWS_ENDPOINT_URL="http://127.0.0.1:9"):
        yield
    aws.client.cache_clear()


def test_nothing_is_started_while_there_is_no_work(look: FirstWorker) -> None:
    look.look(forwarded=False)
    assert wanted() == 0


def test_what_was_just_forwarded_starts_one(look: FirstWorker) -> None:
    look.look(forwarded=True)
    assert wanted() == 1


def test_a_hint_of_anybody_starts_one(look: FirstWorker) -> None:
    """A retry from the portal and the sweeps send theirs past the forwarder."""
    send_hint()
    look.look(forwarded=False)
    assert wanted() == 1


def test_a_hint_for_later_does_not(look: FirstWorker) -> None:
    send_hint(delay=600)
    look.look(forwarded=False)
    assert wanted() == 0


def test_how_many_there_are_is_autoscalings_to_say(look: FirstWorker) -> None:
    want(3)
    look.look(forwarded=True)
    assert wanted() == 3


def test_it_looks_once_in_a_while_and_forgets_nothing(
    look: FirstWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_worker, "CHECK_INTERVAL_SECONDS", 3600.0)
    look.look(forwarded=False)
    look.look(forwarded=True)
    assert wanted() == 0
    look.next_check = 0.0  # an hour later
    look.look(forwarded=False)
    assert wanted() == 1


@pytest.mark.parametrize("missing", ["onboarding/nobody", "nowhere/worker"])
def test_a_service_that_is_not_there_is_said_and_nothing_else(
    missing: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WORKER_SERVICE = missing
    caplog.set_level(logging.WARNING)
    FirstWorker().look(forwarded=True)
    assert "worker" in caplog.text


def test_without_a_service_nobody_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    with aws_unreachable():
        FirstWorker().look(forwarded=True)
    assert not caplog.text


def test_aws_that_cannot_be_reached_is_asked_again(
    look: FirstWorker, caplog: pytest.LogCaptureFixture
) -> None:
    with aws_unreachable():
        look.look(forwarded=True)
    assert "could not be looked after" in caplog.text
    look.look(forwarded=False)
    assert wanted() == 1


@pytest.mark.slow
def test_the_running_forwarder_does_it() -> None:
    send_hint()
    with listening("EVENTS_QUEUE_URL", WORKER_SERVICE=f"{CLUSTER}/{SERVICE}"):
        wait_until("the first worker is wanted", wanted)
