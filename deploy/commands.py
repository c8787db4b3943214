"""What each process of the application runs, on a developer's machine, in compose and on AWS."""

from collections.abc import Sequence

MANAGE = ("python", "manage.py")
CELERY = ("python", "-m", "celery", "-q", "-A", "config")


def web(bind: str, *, workers: int, graceful: int) -> tuple[str, ...]:
    """gunicorn on address `bind`; `graceful` seconds for requests under way when it is stopped."""
    # Connections are kept longer than by a load balancer (60 s): it takes one that was closed this
    # moment for a failure, and answers 502.
    return (
        *("python", "-m", "gunicorn", "config.wsgi:application", "--bind", bind),
        *("--workers", str(workers), "--threads", "4", "--no-control-socket"),
        *("--logger-class", "config.gunicorn_log.Logger"),
        *("--timeout", "60", "--graceful-timeout", str(graceful), "--keep-alive", "75"),
    )


def forwarder() -> tuple[str, ...]:
    return (*MANAGE, "forward_s3_events")


def worker(queue: str, *, processes: int, settings: Sequence[str] = ()) -> tuple[str, ...]:
    """A worker of one queue; `settings` are Celery's, as `name=value`."""
    return (
        *(*CELERY, "worker", "-Q", queue, "-c", str(processes), "-n", f"{queue}@%h", "-l", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *(("--", *settings) if settings else ()),
    )


def beat(schedule: str) -> tuple[str, ...]:
    """The clock; `schedule` is the file in which it notes what ran when."""
    return (*CELERY, "beat", "-l", "INFO", "-s", schedule)
