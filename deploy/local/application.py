"""The application's processes: their command lines and how each is stopped."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from deploy import commands
from deploy.local.application_env import process_env
from deploy.local.demo_logins import DEMO_LOGINS
from deploy.local.places import CHECKOUT, Places
from deploy.local.process import Process, answers

# Celery's long warning to root is right, but some sandboxes have no other user.
AS_ROOT = "ignore:You're running the worker with superuser privileges"

# Commands that end by themselves.
ONCE = ("migrate", "load_demo", "sample")


class Commands:
    """The application's command lines."""

    def __init__(self, places: Places, env: Mapping[str, str]) -> None:
        self.places = places
        self.env = process_env({**env, "DEMO_LOGINS": json.dumps(DEMO_LOGINS)})

    def application(self, web: int) -> tuple[Process, ...]:
        """The processes that make up the running application."""
        return (
            self._process(
                "web",
                commands.web(f"127.0.0.1:{web}", threads=4, graceful=5),
                ready=lambda: answers(web, "/readyz"),
            ),
            self._process("forwarder", commands.forwarder(), grace=25),
            self._worker("worker", "imports", processes=2),
            self._worker("maintenance", "maintenance", processes=1),
            self._worker("mail", "mail", processes=1),
            self._worker("webhooks", "webhooks", processes=1),
            self._process("beat", commands.beat(str(self.places.beat_schedule))),
        )

    def manage(self, name: str, *arguments: str) -> Process:
        return self._process(name, (*commands.MANAGE, *arguments))

    def _worker(self, name: str, queue: str, *, processes: int) -> Process:
        # A worker always waits for its whole soft shutdown, even when idle. A slice takes a
        # second, and an interrupted one continues from its last batch. So the 20 s of a deployment
        # are shortened here, where a person is waiting for the prompt.
        pace = ("worker_soft_shutdown_timeout=5", "worker_enable_soft_shutdown_on_idle=false")
        return self._process(
            name,
            commands.worker(queue, processes=processes, settings=pace),
            ready_line=b"ready.",
            # REMAP_SIGTERM lets running tasks finish after SIGTERM.
            env={**self.env, "REMAP_SIGTERM": "SIGQUIT", "PYTHONWARNINGS": AS_ROOT},
            grace=30,
        )

    def _process(self, name: str, command: tuple[str, ...], **more: Any) -> Process:
        more.setdefault("env", self.env)
        _, *arguments = command  # replace "python" by this interpreter
        return Process(name=name, command=(sys.executable, *arguments), cwd=CHECKOUT, **more)
