"""Without Docker the output says so, and the exit code differs from that of a failure."""

import subprocess
import sys

import pytest

from deploy.image.__main__ import COMMANDS, UNAVAILABLE
from tests.docs.pages import ROOT


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_cannot_run_says_so(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.image", command],
        cwd=ROOT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.partition(":")[0]) == (UNAVAILABLE, "Not run")


def test_an_unknown_command_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.image", "tset"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr[:5]) == (1, "Usage")
