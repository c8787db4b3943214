"""The base images: the official ones, or substitutes made from Debian packages."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from deploy.image.docker import CannotRun, docker, say, works
from deploy.local.places import CHECKOUT

PYTHON = "python:3.11-slim-bookworm"
POSTGRES = "postgres:17-bookworm"
DEBIAN_PYTHON = "onboarding-base:bookworm"
DEBIAN_POSTGRES = "onboarding-postgres:bookworm"

PACKAGES = "ca-certificates,python3,python3-venv,python-is-python3"
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"


def python_image() -> str:
    """The base of our images: $BASE_IMAGE, the official one, or Debian's own Python.

    Raises CannotRun.
    """
    if asked := os.environ.get("BASE_IMAGE"):
        return asked
    if works("image", "inspect", DEBIAN_PYTHON):
        say(f"Base: {DEBIAN_PYTHON} from an earlier run")
        return DEBIAN_PYTHON
    if works("image", "inspect", PYTHON) or works("pull", "-q", PYTHON):
        say(f"Base: {PYTHON}")
        return PYTHON
    say(f"Base: {PYTHON} cannot be pulled; making {DEBIAN_PYTHON} with debootstrap")
    if not shutil.which("debootstrap") or os.geteuid() != 0:
        raise CannotRun(f"{PYTHON} cannot be pulled, and a substitute needs root and debootstrap.")
    _bootstrap()
    return DEBIAN_PYTHON


def postgres_image(base: str) -> str:
    """The image of the database: $POSTGRES_IMAGE, the official one, or Debian's server."""
    if asked := os.environ.get("POSTGRES_IMAGE"):
        return asked
    if works("image", "inspect", POSTGRES) or works("pull", "-q", POSTGRES):
        say(f"Database: {POSTGRES}")
        return POSTGRES
    say(f"Database: {POSTGRES} cannot be pulled; using Debian's server on the same base")
    dockerfile = str(CHECKOUT / "deploy" / "image" / "postgres.Dockerfile")
    arguments = ("--build-arg", f"BASE_IMAGE={base}", "-f", dockerfile, "-t", DEBIAN_POSTGRES)
    docker("build", "-q", *arguments, str(CHECKOUT))
    return DEBIAN_POSTGRES


def _bootstrap() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        system = Path(scratch) / "bookworm"
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm"]
        subprocess.run([*command, str(system)], check=True, stdout=subprocess.DEVNULL)
        # Behind a company proxy that intercepts TLS, only this machine knows its certificate
        # authority. It goes into the substitute, never into an image that is deployed.
        if (ours := Path("/", AUTHORITIES)).exists():
            shutil.copyfile(ours, system / AUTHORITIES)
        left_out = ("--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*")
        with subprocess.Popen(
            ["tar", "-C", str(system), *left_out, "-c", "."], stdout=subprocess.PIPE
        ) as packed:
            subprocess.run(
                ["docker", "import", "-c", f"ENV PIP_CERT=/{AUTHORITIES}", "-", DEBIAN_PYTHON],
                stdin=packed.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )
