"""How far an upload has come, in the words its page uses. Without database queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.rounding import percent
from imports.dataset import Dataset
from imports.models import Notification, Upload
from imports.reports.counters import Counter, counters_of
from imports.reports.outcome import outcome
from imports.rules.quantities import rows

NOTICEABLE = timedelta(seconds=3)  # shorter waits between two slices are not shown


class State(StrEnum):
    """Of one stage. The value names the icon and the style; screen readers read `label`."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to-come"
    STOPPED = "stopped"
    NOT_REACHED = "not-reached"

    @property
    def label(self) -> str | Promise:
        return {
            State.DONE: _("done"),
            State.NOW: _("in progress"),
            State.TO_COME: _("not started"),
            State.STOPPED: _("stopped here"),
            State.NOT_REACHED: _("not reached"),
        }[self]


# How the stage “Email” is shown; in the other states no email was received.
MAIL = {
    Notification.State.PENDING: State.NOW,
    Notification.State.SENDING: State.NOW,
    Notification.State.SENT: State.DONE,
    Notification.State.UNKNOWN: State.DONE,
    Notification.State.COMPLAINED: State.DONE,
}
# Which stage a step belongs to, counted from 0: after the last one, all are over.
STAGE_OF: dict[str, int] = {
    Upload.Step.STAGE: 1,
    Upload.Step.COMPARE: 2,
    Upload.Step.LOAD: 2,
    Upload.Step.DEACTIVATE: 2,
    Upload.Step.UNDO: 2,
    Upload.Step.REPORT: 3,
    Upload.Step.NOTIFY: 4,
}


@dataclass(frozen=True)
class Stage:
    name: str
    state: State
    detail: str = ""


def until(upload: Upload, now: datetime) -> str:
    """The time to the next attempt: seconds, or minutes when it is long."""
    wait = (upload.next_attempt_at or now) - now
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 100:
        return gettext("%(count)s s") % {"count": seconds}
    return gettext("%(count)s min") % {"count": round(seconds / 60)}


@dataclass(frozen=True)
class Share:
    """One piece of the bar of rows; start and width in percent, as SVG wants them."""

    kind: str
    start: str
    width: str


class Progress:
    """One upload's progress at a moment. `mails` are the emails about its run, once they are
    written; `fixed` of its rejected rows were corrected since."""

    def __init__(
        self,
        upload: Upload,
        dataset: Dataset,
        mails: Sequence[Notification],
        now: datetime,
        *,
        fixed: int = 0,
    ) -> None:
        self.fixed = fixed
        self.upload = upload
        self.dataset = dataset
        self.mails = mails
        self.now = now

    @property
    def is_over(self) -> bool:
        """The status is final, counts and report are there. The email may still be unsent."""
        return self.upload.completed_at is not None

    @property
    def is_finishing(self) -> bool:
        """It is over, and its emails are being written or sent. An email whose first attempt
        failed may take a day; the page does not wait for it."""
        is_first = any(mail.is_unsent and not mail.last_error for mail in self.mails)
        return self.is_over and (self.upload.step != Upload.Step.DONE or is_first)

    @property
    def is_halted(self) -> bool:
        """It was refused, canceled or broken off: not all of its stages were or will be reached."""
        return bool(self.upload.failure_code) or self.upload.status == Upload.Status.CANCELLED

    @property
    def is_check(self) -> bool:
        return self.upload.is_check

    @property
    def percent(self) -> int | None:
        """Rows processed, in whole percent; None while that is not known."""
        upload = self.upload
        if upload.step == Upload.Step.STAGE or not upload.total_records:
            return None
        return percent(upload.processed_records, upload.total_records)

    @property
    def waiting(self) -> str:
        """What the upload waits for, or "" while a worker holds it."""
        upload = self.upload
        if upload.awaits_file and not upload.failure_code:
            return gettext("Waiting for the file to arrive.")
        if upload.lease_until and upload.lease_until > self.now:
            return ""
        if self._will_retry:
            return gettext(
                "We hit a temporary problem and will retry in %(wait)s. No action needed."
            ) % {"wait": until(upload, self.now)}
        is_fresh = upload.status == Upload.Status.RECEIVED
        due_since = upload.next_attempt_at or self.now
        if is_fresh or self.now - due_since > NOTICEABLE:
            return gettext("Waiting in the queue.")
        return ""

    @property
    def _will_retry(self) -> bool:
        due = self.upload.next_attempt_at
        return bool(self.upload.attempts and due and due > self.now)

    @property
    def headline(self) -> str:
        """One sentence on the upload's progress or result."""
        if self.is_over:
            return outcome(self.upload, self.dataset, fixed=self.fixed)
        return self.waiting or self._doing()

    def _doing(self) -> str:
        upload = self.upload
        if upload.status == Upload.Status.CANCELLED:
            return gettext("Canceled. Writing the report on the rows processed so far.")
        load = gettext("Checking and importing rows: %(done)s of %(total)s done.")
        if self.is_check:
            load = gettext("Checking rows: %(done)s of %(total)s done.")
        texts: dict[str, str] = {
            Upload.Step.STAGE: gettext("Reading the file."),
            Upload.Step.COMPARE: gettext("Comparing the file with your catalog."),
            Upload.Step.LOAD: load,
            Upload.Step.DEACTIVATE: gettext("Looking for products that are not in the file."),
            Upload.Step.UNDO: ngettext(
                "Undoing: %(done)s of %(total)s product done.",
                "Undoing: %(done)s of %(total)s products done.",
                upload.total_records,
            ),
        }
        return texts.get(upload.step, gettext("Writing the report.")) % self._numbers

    @property
    def _numbers(self) -> dict[str, str]:
        """What the headlines fill in."""
        upload = self.upload
        return {
            "done": f"{upload.processed_records:,}",
            "total": f"{upload.total_records:,}",
        }

    @property
    def spoken(self) -> str:
        """The headline for screen readers: changes at every quarter, not at every row or second."""
        if self.waiting and self._will_retry:
            return gettext("We hit a temporary problem and will retry. No action needed.")
        if self.waiting or self.is_over or self.percent is None:
            return self.headline
        return gettext("Processing rows: %(percent)s percent done.") % {
            "percent": self.percent // 25 * 25
        }

    @property
    def stages(self) -> list[Stage]:
        """Receive, read, import, report, email: which are done, in progress or not reached."""
        upload = self.upload
        has_arrived = not upload.awaits_file
        halted = self.is_halted
        names = [
            gettext("Receive"),
            gettext("Read"),
            self._work,
            gettext("Report"),
            gettext("Email"),
        ]
        at = STAGE_OF.get(upload.step, len(names))
        if not has_arrived:
            at = 0 if not halted else at
        states = [State.DONE] * at + [State.NOW] + [State.TO_COME] * len(names)
        if halted:
            stopped = 0 if not has_arrived else 2 if upload.total_records else 1
            if not (stopped == 2 and not upload.not_processed):
                states[stopped] = State.STOPPED
                states[stopped + 1 : 3] = [State.NOT_REACHED] * (2 - stopped)
        if not upload.error_file_s3_key and self.is_over:
            states[3] = State.NOT_REACHED
        if upload.step == Upload.Step.DONE:
            states[4] = self._email
        details = ["", "", "", "", ""]
        if upload.total_records:
            details[1] = rows(upload.total_records)
        if upload.total_records and upload.step != Upload.Step.STAGE:
            details[2] = gettext("%(done)s of %(total)s") % self._numbers
        for stage in (3, 4):
            if states[stage] == State.NOT_REACHED:
                details[stage] = gettext("not needed")
        stages = [Stage(*stage) for stage in zip(names, states, details)]  # noqa: B905
        return [stages[2], stages[4]] if upload.is_undo else stages

    @property
    def _work(self) -> str:
        """What the stage is called that deals with the rows."""
        if self.upload.is_undo:
            return gettext("Undo")
        return gettext("Check") if self.is_check else gettext("Import")

    @property
    def _email(self) -> State:
        """How the stage “Email” ended. A file refused at the form gets none, because its page said
        so, and who reads the daily digest gets none at once."""
        found = {MAIL.get(Notification.State(mail.state), State.STOPPED) for mail in self.mails}
        ways = (State.NOW, State.STOPPED, State.DONE)
        return next((state for state in ways if state in found), State.NOT_REACHED)

    @property
    def counters(self) -> list[Counter]:
        return counters_of(self.upload, fixed=self.fixed)

    @property
    def shares(self) -> list[Share]:
        """The bar of all rows, one piece per result."""
        upload = self.upload
        start, parts = 0.0, []
        for kind, count in (
            ("valid", upload.imported_records),
            ("unchanged", upload.unchanged_records),
            ("corrected", self.fixed),
            ("error", upload.error_records - self.fixed),
            ("skipped", upload.skipped_records),
            ("rest", upload.not_processed),
        ):
            width = count * 100 / upload.total_records if upload.total_records else 0
            parts.append(Share(kind, f"{start:.3f}", f"{width:.3f}"))
            start += width
        return [part for part in parts if float(part.width)]

    @property
    def fingerprint(self) -> str:
        """Changes whenever the page would show something else."""
        upload = self.upload
        mails = ",".join(mail.state for mail in self.mails)
        done = upload.processed_records
        parts = (upload.run, upload.status, upload.step, done, upload.attempts, self.fixed)
        return "-".join(map(str, (*parts, upload.total_records, mails, self.waiting)))
