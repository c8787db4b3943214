"""`python -m deploy.image build | test`. Exit code 69: Docker is missing; the output says why."""

import sys
import time

from deploy.image import base, build, production, trial
from deploy.image.docker import CannotRun, Failed, daemon, docker, say, works
from deploy.image.findings import Findings

UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


def build_image() -> list[str]:
    with daemon():
        build.build(base.python_image())
    return []


def test_image() -> list[str]:
    """Build and inspect the images, run everything, stop everything; return the problems found."""
    findings = Findings()
    if not works("compose", "version"):
        raise CannotRun("`docker compose` is missing; Debian 13 has it in docker-compose.")
    with daemon():
        say(f"Docker {docker('version', '--format', '{{.Server.Version}}')}")
        say(f"Compose {docker('compose', 'version', '--short')}")
        python = base.python_image()
        postgres = base.postgres_image(python)
        build.build(python)
        build.build_emulator(python)
        say("Image")
        build.inspect(findings)
        with trial.system(python, postgres) as portal:
            say("Services")
            trial.confinement(findings)
            trial.imports(findings, portal)
            production.web(findings)
            trial.stops(findings, portal)
    return findings.wrong


COMMANDS = {"build": build_image, "test": test_image}

if __name__ == "__main__":
    if sys.argv[1:] not in ([name] for name in COMMANDS):
        sys.exit(f"Usage: python -m deploy.image {' | '.join(COMMANDS)}")
    began = time.monotonic()
    try:
        wrong = COMMANDS[sys.argv[1]]()
    except CannotRun as reason:
        say(f"Not run: {reason}")
        sys.exit(UNAVAILABLE)
    except (Failed, OSError) as problem:
        sys.exit(f"Failed: {problem}")
    verdict = f"Failed: {'; '.join(wrong)}" if wrong else "All checks passed"
    say(f"{verdict} ({time.monotonic() - began:.0f} s)")
    sys.exit(bool(wrong))
