"""Schemathesis calls every operation by the API's own document, with what it allows and what it
does not, and in sequences along its links. Whatever it finds is a defect."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.contrib.auth.models import User
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from imports.models import Upload, WebhookEndpoint
from tests.attacks.portal import running_portal
from tests.onboarding.api.conftest import MakeToken
from vendors.models import IdempotencyKey

# Whether a cursor, an Idempotency-Key or the name of a file's column is right depends on earlier
# requests, of which the document does not know.
DEPENDS_ON_EARLIER = [
    *("list_uploads", "list_errors", "list_changes", "list_products"),
    *("create_upload", "prepare_upload", "map_upload", "correct_upload"),
    *("create_webhook", "replace_webhook_secret", "ping_webhook"),
    *("send_delivery_again", "list_deliveries"),
    *("cancel_upload", "retry_upload", "import_upload", "undo_upload", "release_upload"),
]
UNLIMITED = dict.fromkeys(("API_REQUESTS_PER_MINUTE", "API_UPLOADS_PER_MINUTE"), "1000000")
EXAMPLES, SEQUENCES = 3, 20
TAKEN = ["2xx", "3xx", "401", "403", "404", "409"]


@pytest.fixture
def address(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The portal, as it is deployed."""
    with running_portal(tmp_path, UNLIMITED) as portal:
        yield f"http://127.0.0.1:{portal.port}"


def loaded(address: str, token: str, **phases: Any) -> Any:
    config = SchemathesisConfig.from_dict(
        {
            "auth": {"openapi": {"token": {"bearer": token}}},
            "seed": 14,
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": True,
                "with-security-parameters": False,
            },
            "checks": {"positive_data_acceptance": {"expected-statuses": TAKEN}},
            "phases": phases,
            "operations": [
                {
                    "include-operation-id": DEPENDS_ON_EARLIER,
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*TAKEN, "413", "422"]}
                    },
                }
            ],
        }
    )
    return schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)


def failures(found: Iterator[Any]) -> Iterator[str]:
    for event in found:
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event)
        elif isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                for check in checks:
                    if (wrong := check.failure_info) is not None:
                        said = (wrong.failure.title, wrong.failure.message, wrong.code_sample)
                        yield "\n".join([event.label or "", *said])


def forget(_machine: Any) -> None:
    """Every sequence begins without what earlier ones have made: again, it goes the same way."""
    for model in (IdempotencyKey, WebhookEndpoint, Upload):
        model._default_manager.all().delete()


def test_requests_are_answered_as_documented(
    address: str, program_of: MakeToken, alice: User
) -> None:
    token = program_of(alice).token
    single = from_schema(loaded(address, token, stateful={"enabled": False}))
    assert not list(failures(single.execute()))
    sequences = loaded(address, token).as_state_machine()
    sequences.setup = forget
    sequences.run(
        settings=hypothesis.settings(
            max_examples=SEQUENCES,
            stateful_step_count=6,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
    )
