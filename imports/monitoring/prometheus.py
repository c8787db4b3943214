"""What the system does, in the text format of Prometheus.

All of it is read from the database and SQS when a scraper asks, so every process answers the same,
and nothing is counted twice or lost with a process.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from imports.execution.clock import database_now
from imports.models import Alarm
from imports.monitoring import history
from imports.monitoring.history import Mails, Periods, Uploads, Webhooks
from imports.monitoring.present import Present, present
from imports.monitoring.queues import Depth, depths

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Measured:
    """`depths` is empty if SQS does not answer; the last three are of the last 60 minutes."""

    present: Present
    depths: dict[str, Depth]
    uploads: Uploads
    mails: Mails
    webhooks: Webhooks


Sample = tuple[dict[str, str], float]  # labels, value


@dataclass(frozen=True)
class Gauge:
    """`read` returns a sample for each combination of labels."""

    name: str
    help: str
    read: Callable[[Measured], Iterable[Sample]]


def _one(name: str) -> Callable[[Measured], Iterable[Sample]]:
    """A number of the present."""
    return lambda measured: [({}, getattr(measured.present, name))]


def _each(
    label: str, read: Callable[[Measured], dict[str, float]]
) -> Callable[[Measured], Iterable[Sample]]:
    """A sample for each value of the label."""
    return lambda measured: [({label: key}, value) for key, value in read(measured).items()]


def _messages(measured: Measured) -> Iterator[Sample]:
    for queue, depth in measured.depths.items():
        for state in ("waiting", "in_flight", "delayed"):
            yield {"queue": queue, "state": state}, getattr(depth, state)


def _durations(measured: Measured) -> Iterator[Sample]:
    for percentile, value in (("50", measured.uploads.median), ("95", measured.uploads.slow)):
        if value is not None:
            yield {"percentile": percentile}, value.total_seconds()


GAUGES = (
    Gauge(
        "onboarding_sqs_up",
        "1 if SQS answered within five seconds; if not, 0, and the metrics of queues are absent.",
        lambda measured: [({}, int(bool(measured.depths)))],
    ),
    Gauge("onboarding_queue_messages", "Messages in a queue, by state.", _messages),
    Gauge(
        "onboarding_queue_dead_letters",
        "Messages in the dead-letter queue of a queue.",
        _each("queue", lambda m: {name: depth.dead for name, depth in m.depths.items()}),
    ),
    Gauge(
        "onboarding_due",
        "Uploads (imports), emails and answers (mail) and webhooks that wait for a worker.",
        _each("queue", lambda m: {name: each.count for name, each in m.present.due.items()}),
    ),
    Gauge(
        "onboarding_due_oldest_seconds",
        "How long the oldest of these has waited.",
        _each(
            "queue", lambda m: {name: each.oldest_seconds for name, each in m.present.due.items()}
        ),
    ),
    Gauge(
        "onboarding_processes_connected",
        "Processes that are connected to the database: the portal, and workers that have a task.",
        _each("process", lambda m: dict(m.present.processes)),
    ),
    Gauge("onboarding_uploads_in_progress", "Uploads that have not ended.", _one("in_progress")),
    Gauge("onboarding_uploads_leased", "Uploads that a worker has.", _one("leased")),
    Gauge(
        "onboarding_uploads_retried",
        "Uploads whose last attempt failed, and that are tried again.",
        _one("retried"),
    ),
    Gauge("onboarding_uploads_stalled", "Uploads that make no progress.", _one("stalled")),
    Gauge(
        "onboarding_uploads_ended_last_hour",
        "Uploads that ended in the last 60 minutes. internal: failures of ours.",
        _each(
            "outcome",
            lambda m: {
                "completed": m.uploads.completed,
                "partial": m.uploads.partial,
                "failed": m.uploads.failed,
                "cancelled": m.uploads.cancelled,
                "internal": m.uploads.internal,
            },
        ),
    ),
    Gauge(
        "onboarding_rows_last_hour",
        "Rows of the uploads that ended in the last 60 minutes.",
        _each(
            "result",
            lambda m: {
                "valid": m.uploads.valid,
                "skipped": m.uploads.skipped,
                "rejected": m.uploads.errors,
            },
        ),
    ),
    Gauge(
        "onboarding_uploads_last_hour_seconds",
        "How long the uploads that ended in the last 60 minutes took from the time at which they "
        "were due. Absent if none ended.",
        _durations,
    ),
    Gauge(
        "onboarding_emails_last_hour",
        "Emails that were written in the last 60 minutes. problem: bounced, marked as spam, "
        "not confirmed or not sent.",
        _each(
            "state",
            lambda m: {
                "sent": m.mails.sent,
                "waiting": m.mails.waiting,
                "problem": m.mails.problems,
            },
        ),
    ),
    Gauge(
        "onboarding_emails_retried",
        "Emails whose last attempt failed, and that are tried again.",
        _one("mails_retried"),
    ),
    Gauge(
        "onboarding_answers_retried",
        "Answers in outboxes whose last attempt failed, and that are tried again.",
        _one("answers_retried"),
    ),
    Gauge(
        "onboarding_webhook_deliveries_last_hour",
        "Webhooks that became due in the last 60 minutes.",
        _each(
            "state",
            lambda m: {
                "delivered": m.webhooks.delivered,
                "waiting": m.webhooks.waiting,
                "failed": m.webhooks.failed,
            },
        ),
    ),
    Gauge(
        "onboarding_webhooks_failing",
        "Addresses of vendors at which the last webhook did not arrive.",
        _one("webhooks_failing"),
    ),
    Gauge(
        "onboarding_webhooks_switched_off",
        "Addresses of vendors that we switched off because nothing arrived.",
        _one("webhooks_off"),
    ),
    Gauge(
        "onboarding_alarms_open",
        "Open alarms, by kind.",
        _each(
            "kind", lambda m: {kind: m.present.alarms.get(kind, 0) for kind in Alarm.Kind.values}
        ),
    ),
)


def measure() -> Measured:
    """Raises database errors. An outage of SQS is part of the answer."""
    hour = Periods(database_now() - HOUR, HOUR, 1)
    try:
        found = depths()
    except (BotoCoreError, ClientError):
        found = {}
    return Measured(
        present=present(),
        depths=found,
        uploads=history.all_uploads(hour),
        mails=history.mails(hour)[0],
        webhooks=history.webhooks(hour)[0],
    )


def exposition(measured: Measured) -> str:
    """The measured numbers as text."""
    lines: list[str] = []
    for gauge in GAUGES:
        lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
        for labels, value in gauge.read(measured):
            named = ",".join(f'{name}="{text}"' for name, text in labels.items())
            lines.append(f"{gauge.name}{{{named}}} {value}" if named else f"{gauge.name} {value}")
    return "\n".join([*lines, ""])
