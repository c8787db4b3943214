"""Sending deliveries that are due: done by workers of the queue `webhooks`.

A stranger's host may hang for as long as an attempt may take, so several are tried at once, but
only some of one address. Threads speak to the hosts; this process's own thread speaks to the
database. As with emails, the row says what is due, and a token fences out a worker that was
believed dead: a message may arrive twice, and its id says so.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now
from django.utils.translation import gettext

from config.logging import about
from imports.execution import deliveries
from imports.execution.failpoints import failpoint
from imports.execution.hints import MAX_DELAY_SECONDS, send_webhook_hint
from imports.execution.lease import Fenced
from imports.models import WebhookDelivery, WebhookEndpoint
from imports.webhooks import connection, endpoints, signing

log = logging.getLogger(__name__)
State = WebhookDelivery.State

USER_AGENT = "TechMart-Webhooks/1"
AT_ONCE = 16
AT_ONCE_OF_ENDPOINT = 4
LOOK_EVERY_SECONDS = 0.5  # for what has become due, while hosts are waited for
LONGEST_SECONDS = 120.0  # in which one task begins attempts while hosts are waited for
MINUTE, HOUR = 60, 3600
# Seconds before the second attempt, the third, ….
PAUSES = (
    *(5, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
MOST_ATTEMPTS = len(PAUSES) + 1
WHOLE_HOURS = round(sum(PAUSES) / HOUR)  # from the first attempt to the last, as people read it
JITTER = 0.1  # of a pause, at most, so that many failed at once are not tried at once
DEAD_AFTER = timedelta(days=5)
GONE = 410
ASKS_FOR_PATIENCE = {429, 503}
MAX_PATIENCE_SECONDS = 24 * HOUR


@dataclass(frozen=True)
class Attempt:
    """How one ended: with an answer, or why without one."""

    seconds: float
    answer: connection.Answer | None = None
    reason: str = ""

    @property
    def has_arrived(self) -> bool:
        return self.answer is not None and 200 <= self.answer.status < 300

    @property
    def in_words(self) -> str:
        """Why it has not arrived."""
        return self.reason or f"The address answered {self.answer and self.answer.status}."

    @property
    def patience(self) -> float:
        """The seconds that the address asks us to wait, 0 if it does not."""
        if self.answer is None or self.answer.status not in ASKS_FOR_PATIENCE:
            return 0
        asked = self.answer.retry_after
        return min(float(asked), MAX_PATIENCE_SECONDS) if asked.isascii() and asked.isdigit() else 0


def send_due() -> None:
    """Send what is due, for the time of a slice, or longer while hosts are waited for. Raises
    database errors, after which attempts in progress count as lost."""
    running: dict[Future[Attempt], WebhookDelivery] = {}
    started = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks") as pool:
        while True:
            time_is_over = time.monotonic() - started >= (
                LONGEST_SECONDS if running else settings.SLICE_SECONDS
            )
            while not time_is_over and len(running) < AT_ONCE:
                delivery = claim(busy(running))
                if delivery is None:
                    break
                running[pool.submit(attempt, delivery, headers_of(delivery))] = delivery
            if not running:
                break
            for future in wait(running, LOOK_EVERY_SECONDS, FIRST_COMPLETED).done:
                record(running.pop(future), future.result())
    if time_is_over:
        send_webhook_hint()


def busy(running: Mapping[Future[Attempt], WebhookDelivery]) -> list[int]:
    """The addresses that have as many attempts in progress as one may have."""
    counts = Counter(delivery.endpoint_id for delivery in running.values())
    return [number for number, count in counts.items() if count >= AT_ONCE_OF_ENDPOINT]


def claim(excluded: Collection[int] = ()) -> WebhookDelivery | None:
    """Mark the next due delivery as being sent, with a new token; None when nothing is due."""
    with transaction.atomic():
        due = WebhookDelivery.objects.exclude(endpoint__in=excluded).select_related("endpoint")
        delivery = deliveries.next_due(due)
        if delivery is None:
            return None
        reason = why_not_sent(delivery)
        if reason:
            delivery.end(State.FAILED, reason=reason)
        else:
            # If this worker is killed, the next attempt follows after the usual pause.
            lost_after = settings.LEASE_SECONDS + settings.WEBHOOK_ANSWER_SECONDS
            delivery.start(seconds=max(lost_after, pause_after(delivery.attempts + 1)))
        delivery.save(update_fields=delivery.PROGRESS)
    failpoint("webhooks.after_claim")
    return claim(excluded) if reason else delivery


def why_not_sent(delivery: WebhookDelivery) -> str:
    """Why no attempt is made any more, "" if one is."""
    if delivery.endpoint.off:
        return delivery.last_error or gettext("The webhook was switched off.")
    if delivery.attempts >= MOST_ATTEMPTS:
        return delivery.last_error or gettext("Every worker that sent it was lost.")
    return ""


def headers_of(delivery: WebhookDelivery) -> dict[str, str]:
    signed = signing.headers(
        delivery.endpoint, delivery.message_id, delivery.body.encode(), at=now()
    )
    return {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}


def attempt(delivery: WebhookDelivery, headers: Mapping[str, str]) -> Attempt:
    """Send it. Uses no database, because it runs in a thread."""
    began = time.monotonic()
    answer, reason = None, ""
    try:
        answer = connection.post(
            delivery.endpoint.url,
            delivery.body.encode(),
            headers,
            seconds=settings.WEBHOOK_ANSWER_SECONDS,
        )
        failpoint("webhooks.after_post")
    except (connection.NotAllowed, connection.NotAnswered) as error:
        reason = str(error)
    except Exception as error:
        log.exception("sending broke")
        reason = f"{type(error).__name__}: {error}"
    return Attempt(time.monotonic() - began, answer, reason)


def record(delivery: WebhookDelivery, ended: Attempt) -> None:
    """Record how a claimed delivery's attempt ended, and what follows from it."""
    with about(upload_id=delivery.upload_id or "", vendor_id=delivery.endpoint.vendor_id):
        try:
            with transaction.atomic():
                # The address first, as all who change it and its deliveries do.
                endpoints.locked().filter(pk=delivery.endpoint_id).first()
                deliveries.lock(delivery)
                settle(delivery, ended)
        except Fenced:
            log.info("this delivery has been settled meanwhile; nothing was changed")


def settle(delivery: WebhookDelivery, ended: Attempt) -> None:
    """Inside the transaction that holds the delivery's lock."""
    endpoint = delivery.endpoint
    delivery.status = ended.answer.status if ended.answer else None
    delivery.seconds = round(ended.seconds, 3)
    if ended.has_arrived:
        delivery.delivered()
        WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(failing_since=None).update(
            failing_since=None
        )
        log.info("delivered: %s", delivery.type, extra={"event": "webhook_delivered"})
    elif delivery.attempts >= MOST_ATTEMPTS or delivery.type == WebhookDelivery.PING:
        delivery.end(State.FAILED, reason=ended.in_words)
        log.warning("not delivered, the last attempt: %s", ended.in_words)
    else:
        seconds = pause_after(delivery.attempts, asked=ended.patience)
        delivery.retry(ended.in_words, seconds=seconds)
        log.info("attempt %s failed; next in %.0f s", delivery.attempts, seconds)
        if seconds <= MAX_DELAY_SECONDS:  # else the sweep finds it
            transaction.on_commit(lambda: send_webhook_hint(delay=seconds), robust=True)
    delivery.save(update_fields=[*delivery.PROGRESS, "status", "seconds", "delivered_at"])
    if not ended.has_arrived:
        note_failure(endpoint, ended)


def note_failure(endpoint: WebhookEndpoint, ended: Attempt) -> None:
    """Switch the address off if it says that it is gone, or nothing has arrived for days."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    rows.filter(failing_since=None).update(failing_since=Now())
    if ended.answer is not None and ended.answer.status == GONE:
        endpoints.switch_off(endpoint, WebhookEndpoint.Off.GONE)
    elif rows.filter(failing_since__lt=Now() - DEAD_AFTER).exists():
        endpoints.switch_off(endpoint, WebhookEndpoint.Off.DEAD)


def pause_after(attempts: int, *, asked: float = 0) -> float:
    """Seconds until the attempt after this many; more if the address has asked for it."""
    usual: float = PAUSES[min(attempts, len(PAUSES)) - 1]
    return max(usual * random.uniform(1, 1 + JITTER), asked)  # noqa: S311 - nothing is secret
