"""Where there is no Docker, that is said, and the exit code tells it from a failure."""

import subprocess
import sys

import pytest

from deploy.image.__main__ import COMMANDS, UNAVAILABLE
from tests.docs.pages import ROOT


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_not_done_is_said(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.image", command],
        cwd=ROOT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.partition(":")[0]) == (UNAVAILABLE, "Not run")


def test_an_unknown_command_is_no_success() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.image", "tset"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr[:5]) == (1, "Usage")
