"""The System page: what waits and works now, and what the last day or week was like.

What has a history is plotted. Queues and processes have none: the page shows them as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.plots import Plot, Series
from imports.admin import cells
from imports.admin.dashboard import attention
from imports.admin.dashboard.figures import Figure, bar_figure, line_figure
from imports.execution.clock import database_now
from imports.monitoring import history
from imports.monitoring.history import Mails, Periods, Uploads, Webhooks
from imports.monitoring.present import Due, Present, present
from imports.monitoring.queues import Depth, depths
from imports.monitoring.stalled import STALLED_AFTER
from imports.rules.quantities import minutes
from imports.rules.quantities import rows as rows_in_words
from vendors.access import VIEW_UPLOADS

REFRESH_SECONDS = 60


@dataclass(frozen=True)
class Span:
    """What the page looks back at. `labels` is how the beginning of a period is written."""

    key: str
    title: str | Promise
    period: str | Promise
    length: timedelta
    count: int
    labels: str

    def until(self, at: datetime) -> Periods:
        return Periods.until(at, length=self.length, count=self.count)


SPANS = (
    Span("24h", _("24 hours"), _("hour"), timedelta(hours=1), 24, "%H:%M"),
    Span("7d", _("7 days"), _("6 hours"), timedelta(hours=6), 28, "%a %H:%M"),
)
# Who handles the messages of a queue, by the names of imports.monitoring.present.
HANDLER = {"events": "forwarder", "mail-events": "mail"}


@dataclass(frozen=True)
class QueueLine:
    """A queue. `at_work` processes use the database for its messages; `age` is how long the oldest
    due item has waited, "" if none is due or the database does not know."""

    name: str
    depth: Depth
    at_work: int
    due: Due | None

    @property
    def age(self) -> str:
        return waited(self.due.oldest_seconds) if self.due and self.due.count else ""

    @property
    def is_left(self) -> bool:
        """Something has been due for minutes, and no process has a message."""
        is_late = self.due is not None and self.due.oldest_seconds > STALLED_AFTER.total_seconds()
        return is_late and not self.depth.in_flight


def page(request: HttpRequest) -> TemplateResponse:
    """The whole page; for the page itself, which asks every minute, only what changes."""
    if not request.user.has_perm(VIEW_UPLOADS):
        raise PermissionDenied
    chosen = next((span for span in SPANS if span.key == request.GET.get("span")), SPANS[0])
    numbers = numbers_of(chosen, request)
    if request.headers.get("HX-Request") == "true":
        return TemplateResponse(request, "imports/admin/system_numbers.html", numbers)
    context = {**admin.site.each_context(request), "title": _("System"), **numbers}
    return TemplateResponse(request, "imports/admin/system.html", context)


@dataclass(frozen=True)
class Look:
    """Back at the periods of a span."""

    span: Span
    periods: Periods
    uploads: list[Uploads]
    all_uploads: Uploads
    mails: list[Mails]
    webhooks: list[Webhooks]

    @classmethod
    def back(cls, span: Span, at: datetime) -> "Look":
        periods = span.until(at)
        return cls(
            span,
            periods,
            uploads=history.uploads(periods),
            all_uploads=history.all_uploads(periods),
            mails=history.mails(periods),
            webhooks=history.webhooks(periods),
        )


def numbers_of(span: Span, request: HttpRequest) -> dict[str, Any]:
    at = database_now()
    now, look = present(), Look.back(span, at)
    return {
        "at": at,
        "since": look.periods.start,
        "span": span,
        "spans": SPANS,
        "refresh_seconds": REFRESH_SECONDS,
        "refreshes": request.GET.get("refresh") != "off",
        "queues": queues(now),
        "now": now,
        "stalled_after": minutes(STALLED_AFTER.total_seconds()),
        "problems": attention.of_system(
            request,
            now,
            internal=look.all_uploads.internal,
            undelivered=history.total(look.mails).problems,
        ),
        "figures": figures(look),
    }


def queues(now: Present) -> list[QueueLine] | None:
    """None if SQS does not answer."""
    try:
        found = depths()
    except (BotoCoreError, ClientError):
        return None
    return [
        QueueLine(name, depth, now.processes[HANDLER.get(name, name)], now.due.get(name))
        for name, depth in found.items()
    ]


def waited(seconds: float) -> str:
    return cells.format_duration(timedelta(seconds=seconds))


def figures(look: Look) -> list[Figure]:
    return [*figures_of_uploads(look), *figures_of_messages(look)]


def figures_of_uploads(look: Look) -> list[Figure]:
    uploads, all_uploads = look.uploads, look.all_uploads
    plot, per = partial(plot_of, look), {"period": look.span.period}
    return [
        bar_figure(
            plot(
                "uploads",
                gettext("Uploads that ended, per %(period)s") % per,
                of(uploads, "completed", gettext("Completed"), "good"),
                of(uploads, "partial", gettext("Partially imported"), "mixed"),
                of(uploads, "failed", gettext("Failed"), "bad"),
                of(uploads, "internal", gettext("Failed: internal error"), "worst"),
                of(uploads, "cancelled", gettext("Canceled"), "calm"),
            ),
            ngettext("%(count)s upload", "%(count)s uploads", all_uploads.count)
            % {"count": cells.number(all_uploads.count)},
        ),
        line_figure(
            plot(
                "seconds",
                gettext("Seconds from due to ended, per %(period)s") % per,
                seconds("median", gettext("Median"), uploads, "busy"),
                seconds("slow", gettext("95th percentile"), uploads, "mixed"),
            ),
            gettext("Median %(median)s, 95th percentile %(slow)s")
            % {"median": took(all_uploads.median), "slow": took(all_uploads.slow)},
        ),
        bar_figure(
            plot(
                "rows",
                gettext("Rows, per %(period)s") % per,
                of(uploads, "valid", gettext("Valid"), "good"),
                of(uploads, "skipped", gettext("Skipped"), "calm"),
                of(uploads, "errors", gettext("Rejected"), "bad"),
            ),
            rows_in_words(all_uploads.rows),
        ),
        line_figure(
            plot(
                "speed",
                gettext("Rows a second of one upload, per %(period)s") % per,
                Series(
                    gettext("Rows a second"), [each.rows_per_second for each in uploads], "busy"
                ),
            ),
            gettext("%(rows)s rows a second") % {"rows": speed(all_uploads)},
        ),
    ]


def figures_of_messages(look: Look) -> list[Figure]:
    mails, webhooks = look.mails, look.webhooks
    mail_total, webhook_total = history.total(mails), history.total(webhooks)
    plot, per = partial(plot_of, look), {"period": look.span.period}
    return [
        bar_figure(
            plot(
                "emails",
                gettext("Emails, per %(period)s in which they were written") % per,
                of(mails, "sent", gettext("Sent"), "good"),
                of(mails, "waiting", gettext("Waiting"), "busy"),
                of(mails, "problems", gettext("Bounced, spam or not sent"), "bad"),
            ),
            ngettext(
                "%(count)s email, %(bad)s with a problem",
                "%(count)s emails, %(bad)s with a problem",
                mail_total.count,
            )
            % {"count": cells.number(mail_total.count), "bad": cells.number(mail_total.problems)},
        ),
        bar_figure(
            plot(
                "webhooks",
                gettext("Webhooks, per %(period)s in which they were due") % per,
                of(webhooks, "delivered", gettext("Delivered"), "good"),
                of(webhooks, "waiting", gettext("Waiting"), "busy"),
                of(webhooks, "failed", gettext("Not delivered"), "bad"),
            ),
            ngettext(
                "%(count)s webhook, %(bad)s not delivered",
                "%(count)s webhooks, %(bad)s not delivered",
                webhook_total.count,
            )
            % {
                "count": cells.number(webhook_total.count),
                "bad": cells.number(webhook_total.failed),
            },
        ),
    ]


def plot_of(look: Look, key: str, title: str, *series: Series) -> Plot:
    labels = [start.strftime(look.span.labels) for start in look.periods.starts]
    return Plot(f"plot-{key}", title, labels, series)


def of(entries: Sequence[Any], name: str, title: str, tone: str) -> Series:
    return Series(title, [getattr(each, name) for each in entries], tone)


def seconds(name: str, title: str, uploads: Sequence[Uploads], tone: str) -> Series:
    times = [getattr(each, name) for each in uploads]
    return Series(title, [time and time.total_seconds() for time in times], tone)


def took(time: timedelta | None) -> str:
    return "–" if time is None else cells.format_duration(time)


def speed(uploads: Uploads) -> str:
    return "–" if uploads.rows_per_second is None else f"{uploads.rows_per_second:,.0f}"
