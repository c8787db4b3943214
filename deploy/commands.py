"""The command of each process, for local systems, docker-compose and AWS."""

from collections.abc import Sequence

MANAGE = ("python", "manage.py")
CELERY = ("python", "-m", "celery", "-q", "-A", "config")


def web(bind: str, *, threads: int, graceful: int) -> tuple[str, ...]:
    """The portal on the address `bind`; `graceful` is how many seconds requests may take to finish
    when it is stopped."""
    return (
        *("python", "-m", "config.web_server", bind),
        *("--threads", str(threads), "--graceful", str(graceful)),
    )


def forwarder() -> tuple[str, ...]:
    return (*MANAGE, "forward_s3_events")


def worker(*queues: str, processes: int, settings: Sequence[str] = ()) -> tuple[str, ...]:
    """A worker for these queues, named after the first. `settings` are Celery's: `name=value`."""
    name = f"{queues[0]}@%h"
    return (
        *(*CELERY, "worker", "-Q", ",".join(queues), "-c", str(processes)),
        *("-n", name, "-l", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *(("--", *settings) if settings else ()),
    )


def beat(schedule: str) -> tuple[str, ...]:
    """Celery beat; `schedule` is the file in which it records when each task was sent."""
    return (*CELERY, "beat", "-l", "INFO", "-s", schedule)
