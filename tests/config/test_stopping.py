"""Processes other than workers end at SIGTERM, which ECS sends to stop a container.

They have the workers' environment, in which Celery handles SIGTERM like SIGQUIT.
"""

import os
import subprocess
import sys
from pathlib import Path

from deploy import commands
from deploy.local.places import CHECKOUT
from tests.config.listening import listening
from tests.faults.world import wait_until

SOON = 5  # seconds; ECS allows 30 by default
SHARED = "SIGQUIT"


def test_the_forwarder_ends_at_once(tmp_path: Path) -> None:
    """Even during a long poll: SQS delivers what it has received again."""
    file = tmp_path / "health"
    with listening("EVENTS_QUEUE_URL", HEALTH_FILE=str(file), REMAP_SIGTERM=SHARED) as forwarder:
        wait_until("it polls", file.exists)
        forwarder.terminate()
        wait_until("it ended", lambda: forwarder.poll() is not None, within=SOON)
        assert forwarder.returncode == 0


def test_beat_ends_at_once_and_keeps_its_schedule(tmp_path: Path) -> None:
    file = tmp_path / "schedule"
    _, *arguments = commands.beat(str(file))
    beat = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"REMAP_SIGTERM": SHARED, "DEAD_LETTERS_EVERY_SECONDS": "1"},
        stderr=subprocess.PIPE,
    )
    try:
        said = beat.stderr
        assert said
        wait_until("it sends a task", lambda: b"Sending due task" in said.readline())
        beat.terminate()
        said.close()
        wait_until("it ended", lambda: beat.poll() is not None, within=SOON)
        assert beat.returncode == 0
        assert list(tmp_path.glob("schedule*"))
    finally:
        beat.kill()
        beat.wait()
