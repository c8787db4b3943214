"""Builds the images and checks the properties of the application's that deployments rely on."""

import json
import os
import subprocess
import time
import zlib
from functools import partial
from typing import Any

from deploy import commands
from deploy.image.docker import docker, say
from deploy.image.findings import Findings
from deploy.local.places import CHECKOUT

APPLICATION = "onboarding"
EMULATOR = "onboarding-emulator"
USER = "10001:10001"
COMMAND = commands.web("0.0.0.0:8000", threads=8, graceful=30)
MAX_GZIPPED_BYTES = 130_000_000
CONFINED = ("--read-only", "--tmpfs", "/tmp")  # noqa: S108 (the container's own)
COMPILERS = "gcc g++ cc c++ clang tcc as ld make"


def build(base: str) -> None:
    """Build the application's image. RDS_CERTIFICATES is passed on to it: see the Dockerfile."""
    arguments = ["--build-arg", f"REVISION={_revision()}"]
    if "RDS_CERTIFICATES" in os.environ:
        arguments += ["--build-arg", "RDS_CERTIFICATES"]
    _build(APPLICATION, "Dockerfile", base, *arguments)


def build_emulator(base: str) -> None:
    """Build the emulator's image for docker-compose.yml."""
    _build(EMULATOR, "deploy/image/emulator.Dockerfile", base)


def _build(name: str, dockerfile: str, base: str, *arguments: str) -> None:
    began = time.monotonic()
    what = ("-f", str(CHECKOUT / dockerfile), "-t", name, str(CHECKOUT))
    docker("build", "-q", "--build-arg", f"BASE_IMAGE={base}", *arguments, *what)
    say(f"Built {name} in {time.monotonic() - began:.0f} s")


def _revision() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    done = subprocess.run(asked, cwd=CHECKOUT, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def inspect(findings: Findings) -> None:
    """Inspect the built image from outside and from inside."""
    image: dict[str, Any] = json.loads(docker("image", "inspect", APPLICATION))[0]
    config = image["Config"]
    findings.note("runs as", config["User"], ok=config["User"] == USER)
    findings.note("command", " ".join(config["Cmd"]), ok=config["Cmd"] == list(COMMAND))
    findings.note("health check", config.get("Healthcheck"), ok=not config.get("Healthcheck"))
    labels = {name.rpartition(".")[2] for name in config["Labels"] or ()}
    findings.note("labels", sorted(labels), ok=labels >= {"title", "description", "revision"})

    compilers = _within(f"for name in {COMPILERS}; do command -v $name; done; true")
    findings.note("compilers", compilers or "none", ok=not compilers)
    writable = _within("find /app /venv /usr /etc -writable ! -type l 2>/dev/null; true")
    findings.note("writable files", writable or "none", ok=not writable)

    size = _gzipped()
    what = f"gzipped size for {image['Architecture']}"
    findings.note(what, f"{size / 1e6:.0f} MB", ok=size < MAX_GZIPPED_BYTES)


def _within(script: str) -> str:
    return docker("run", "--rm", *CONFINED, APPLICATION, "sh", "-c", script)


def _gzipped() -> int:
    packer = zlib.compressobj(wbits=31)
    saving = subprocess.Popen(["docker", "save", APPLICATION], stdout=subprocess.PIPE)
    with saving as process:
        chunks = iter(partial(process.stdout.read, 1 << 20), b"") if process.stdout else ()
        size = sum(len(packer.compress(chunk)) for chunk in chunks)
    return size + len(packer.flush())
