"""Pytest plugin: a PostgreSQL and an AWS of this run's own, there before Django's settings load.

Loaded with `-p tests.services`. The settings read the environment when they are imported, so
the servers have to be up, and their addresses in the environment, before pytest-django looks.
Side by side (`-n 4`) each worker is a process with servers of its own. The process that hands out
the tests runs none, and its settings lead nowhere.
"""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack
from unittest.mock import patch

import pytest

from deploy.local.application_env import application_env
from deploy.local.embedded import clear, embedded
from deploy.outputs import OUTPUTS

NOWHERE = application_env(
    dict.fromkeys(OUTPUTS, "http://127.0.0.1:9/none"),
    secret_key="of the process that hands out tests",
    database_url="postgresql://127.0.0.1:9/none",
    aws_endpoint_url="http://127.0.0.1:9",
    portal_url="http://127.0.0.1:9",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the servers; they stop when pytest's configuration ends, also after Ctrl-C."""
    asked_for = early_config.known_args_namespace
    if asked_for.help or asked_for.version:
        return (yield)
    # SIGTERM ends a run as cleanly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if asked_for.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ:
        early_config.add_cleanup(clear)  # what a worker that did not end in time has left
        with patch.dict(os.environ, NOWHERE):  # only while the settings load: workers inherit it
            return (yield)
    servers = ExitStack()
    early_config.add_cleanup(servers.close)
    os.environ.update(servers.enter_context(embedded()))
    return (yield)
