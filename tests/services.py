"""Pytest plugin: a PostgreSQL and an AWS of this run's own, there before Django's settings load.

Loaded with `-p tests.services`. The settings read the environment when they are imported, so
the servers have to be up, and their addresses in the environment, before pytest-django looks.
"""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from deploy.local.embedded import embedded


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the servers; they stop when pytest's configuration ends, also after Ctrl-C."""
    asked_for = early_config.known_args_namespace
    if not (asked_for.help or asked_for.version):
        # Whoever ends this run with SIGTERM gets the same clean end as with Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        servers = ExitStack()
        early_config.add_cleanup(servers.close)
        os.environ.update(servers.enter_context(embedded()))
    return (yield)
