"""Pytest plugin: starts PostgreSQL and the AWS emulator before Django's settings load.

Loaded with `-p tests.services`. The settings read the environment when they are imported, so the
servers must be running, and their addresses in the environment, before pytest-django imports them.
With `-n 4` each worker is a process with its own servers. The process that distributes the tests
starts no servers, and its settings contain dummy addresses.
"""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack
from unittest.mock import patch

import pytest

from deploy.local import migrated
from deploy.local.application_env import nowhere
from deploy.local.embedded import clear, embedded

# Whether the database in the settings has all migrations, and nothing else.
IS_MIGRATED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the servers; they stop at the end of the run, even after Ctrl-C."""
    asked_for = early_config.known_args_namespace
    if asked_for.help or asked_for.version:
        return (yield)
    # SIGTERM ends a run as cleanly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if asked_for.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ:
        early_config.add_cleanup(clear)  # after workers that did not end in time
        with patch.dict(os.environ, nowhere()):  # only while the settings load: workers inherit it
            return (yield)
    servers = ExitStack()
    early_config.add_cleanup(servers.close)
    early_config.stash[IS_MIGRATED] = "DATABASE_URL" not in os.environ
    os.environ.update(servers.enter_context(embedded(database=migrated.prepare)))
    return (yield)
