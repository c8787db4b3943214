"""The AWS emulator: its environment and how it is started."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from deploy.local import environment
from deploy.local.places import CHECKOUT, SERVICES_ENVIRONMENT, Places
from deploy.local.process import Process, answers

REGION = "eu-central-1"
EMULATOR = Path(__file__).with_name("emulator.py")

# Dummies. The emulator must know them, or it rejects presigned links.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


def prepare(
    places: Places,
    port: int,
    *,
    durable: bool = True,
    on_ready: Callable[[], object] | None = None,
) -> Process:
    """Return the emulator as a process to start; without `durable` it saves nothing to disk.

    With `durable` it saves objects immediately, but everything else only when it is shut down.
    """
    python = environment.ensure(SERVICES_ENVIRONMENT, CHECKOUT / "requirements-services.txt")
    state = places.aws_state
    state.mkdir(parents=True, exist_ok=True)
    return Process(
        name="aws",
        command=(str(python), str(EMULATOR)),
        cwd=state,
        env=settings(state, port, durable=durable),
        ready=lambda: answers(port, "/_ministack/health"),
        on_ready=on_ready,
        stage=1,
        # Only a durable emulator needs time to save its state.
        stop_signal=signal.SIGTERM if durable else signal.SIGKILL,
        grace=60,
    )


def settings(
    state: Path,
    port: int,
    *,
    address: str = "127.0.0.1",
    name: str = "127.0.0.1",
    durable: bool = True,
) -> dict[str, str]:
    """The emulator's whole environment: it listens on `address`; its URLs contain `name`."""
    # By default it listens on all addresses and writes to /tmp.
    return {
        "BIND_HOST": address,
        "MINISTACK_HOST": name,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        **CREDENTIALS,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": str(int(durable)),
        "S3_PERSIST": str(int(durable)),
        "STATE_DIR": str(state / "state"),
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(state),
        # Keeps it from using a container daemon to run functions.
        "DOCKER_HOST": f"unix://{state}/no-docker",
        "PATH": os.defpath,
        "PYTHONUNBUFFERED": "1",
    }


def endpoint(port: int) -> str:
    """The endpoint for all AWS services."""
    return f"http://127.0.0.1:{port}"
