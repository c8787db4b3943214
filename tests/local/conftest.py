"""Clients for the emulator of this test run."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.bootstrap import client


@pytest.fixture(scope="session")
def aws() -> Callable[[str], Any]:
    """Returns a client for a service of the emulator."""
    return lambda service: client(service, os.environ["AWS_ENDPOINT_URL"])


@pytest.fixture
def until() -> Callable[..., Any]:
    """Repeats a question until the answer is true, and returns it; fails after a timeout."""

    def ask(question: Callable[[], Any], seconds: float = 120) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.01)
        return answer

    return ask
