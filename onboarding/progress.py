"""How far an upload has come, in the words its page uses. Asks the database nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from imports.dataset import Dataset
from imports.models import Notification, Upload
from imports.rules.refusals import REFUSALS

NOTICEABLE = timedelta(seconds=3)  # between two slices an upload waits too, for moments


class State(StrEnum):
    """Of one stage. The value names the icon and the style; `words` is what is read out."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to-come"
    STOPPED = "stopped"
    NOT_REACHED = "not-reached"

    @property
    def words(self) -> str:
        return {
            State.DONE: "done",
            State.NOW: "under way",
            State.TO_COME: "to come",
            State.STOPPED: "stopped here",
            State.NOT_REACHED: "not reached",
        }[self]


@dataclass(frozen=True)
class Stage:
    name: str
    state: State
    detail: str = ""


def until(upload: Upload, now: datetime) -> str:
    """The time to the next attempt, as coarse as people want it."""
    wait = (upload.next_attempt_at or now) - now
    seconds = max(1, round(wait.total_seconds()))
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"


@dataclass(frozen=True)
class Share:
    """One piece of the bar of rows; start and width in percent, as SVG wants them."""

    kind: str
    start: str
    width: str


class Progress:
    """One upload's progress at a moment. `mail` is the e-mail of its run, if written already."""

    def __init__(
        self, upload: Upload, dataset: Dataset, mail: Notification | None, now: datetime
    ) -> None:
        self.upload = upload
        self.dataset = dataset
        self.mail = mail
        self.now = now

    @property
    def is_over(self) -> bool:
        """The status is final, counts and report are there. The e-mail may still be on its way."""
        return self.upload.completed_at is not None

    @property
    def is_check(self) -> bool:
        return self.upload.mode == Upload.Mode.CHECK

    @property
    def percent(self) -> int | None:
        """Rows judged, in whole percent; None while that cannot be told."""
        upload = self.upload
        if upload.step == Upload.Step.STAGE or not upload.total_records:
            return None
        if self.is_check and not upload.processed_records:
            return None  # a check is one transaction: all or nothing can be seen of it
        return upload.processed_records * 100 // upload.total_records

    @property
    def waiting(self) -> str:
        """What the upload waits for, or "" while somebody works on it."""
        upload = self.upload
        if upload.s3_version is None and not upload.failure_code:
            return "Waiting for the file to arrive in our storage."
        if upload.lease_until and upload.lease_until > self.now:
            return ""
        if upload.attempts and upload.next_attempt_at and upload.next_attempt_at > self.now:
            return (
                f"Something on our side did not answer. Next try in {until(upload, self.now)} "
                f"({upload.attempts} of {settings.MAX_ATTEMPTS} used). You need to do nothing."
            )
        is_fresh = upload.status == Upload.Status.RECEIVED
        due_since = upload.next_attempt_at or self.now
        if is_fresh or self.now - due_since > NOTICEABLE:
            return "Waiting for a free worker."
        return ""

    @property
    def headline(self) -> str:
        """One sentence on where the upload stands or what came of it."""
        return self._outcome() if self.is_over else self.waiting or self._doing()

    def _doing(self) -> str:
        upload = self.upload
        if upload.status == Upload.Status.CANCELLED:
            return "Cancelled. Writing the report on what was read until then."
        if upload.step == Upload.Step.STAGE:
            return "Reading the file."
        if upload.step == Upload.Step.LOAD:
            verb = "Checking" if self.is_check else "Checking and importing"
            done = f"{upload.processed_records:,} of {upload.total_records:,}"
            return f"{verb} rows: {done} done."
        return "Writing the report."

    def _outcome(self) -> str:
        upload, nouns = self.upload, self.dataset.nouns
        total, valid, wrong = (upload.total_records, upload.valid_records, upload.error_records)
        if upload.status == Upload.Status.CANCELLED:
            return (
                f"Cancelled after {upload.processed_records:,} of {total:,} rows."
                if total
                else "Cancelled before any row was read."
            )
        if upload.failure_code:
            refusal = REFUSALS.get(upload.failure_code)
            return f"{refusal.title}." if refusal else upload.failure_message
        if self.is_check:
            return (
                f"{self._rows(wrong)} of {total:,} would be turned down."
                if wrong
                else f"All {total:,} rows are in order."
            )
        if upload.status == Upload.Status.COMPLETED:
            return self._all_is_well()
        if upload.status == Upload.Status.PARTIAL:
            return f"{valid:,} of {total:,} {nouns} are in. {self._rows(wrong)} need a correction."
        return f"None of the {total:,} rows could be imported. Each needs a correction."

    def _all_is_well(self) -> str:
        upload, nouns = self.upload, self.dataset.nouns
        if skipped := upload.skipped_records:
            were = "was" if skipped == 1 else "were"
            there = f"{self._rows(skipped)} {were} passed over."
            return f"{upload.valid_records:,} of {upload.total_records:,} {nouns} are in. {there}"
        if upload.total_records > 1:
            return f"All {upload.total_records:,} {nouns} are in."
        return f"Your {self.dataset.noun} is in."

    @staticmethod
    def _rows(count: int) -> str:
        return "1 row" if count == 1 else f"{count:,} rows"

    @property
    def spoken(self) -> str:
        """The headline for those who listen: changes at every quarter, not at every row."""
        if waiting := self.waiting:
            return waiting.partition(". ")[0]  # the seconds to the next try are for the eye
        if self.is_over or self.percent is None:
            return self.headline
        return f"Importing rows: {self.percent // 25 * 25} percent done."

    @property
    def stages(self) -> list[Stage]:
        """Receive, read, import, report, e-mail: which are done, under way, or never reached."""
        upload = self.upload
        has_arrived = upload.s3_version is not None
        halted = bool(upload.failure_code) or upload.status == Upload.Status.CANCELLED
        names = ["Receive", "Read", "Check" if self.is_check else "Import", "Report", "E-mail"]
        now = [Upload.Step.STAGE, Upload.Step.LOAD, Upload.Step.REPORT, Upload.Step.NOTIFY]
        at = now.index(Upload.Step(upload.step)) + 1 if upload.step in now else len(names)
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
        if self.mail is not None and self.mail.state == Notification.State.FAILED:
            states[4] = State.STOPPED
        details = ["", "", "", "", ""]
        if upload.total_records:
            details[1] = f"{upload.total_records:,} rows"
        if upload.total_records and upload.step != Upload.Step.STAGE:
            details[2] = f"{upload.processed_records:,} of {upload.total_records:,}"
        if states[3] == State.NOT_REACHED:
            details[3] = "not needed"
        return [Stage(*stage) for stage in zip(names, states, details)]  # noqa: B905

    @property
    def shares(self) -> list[Share]:
        """The bar of all rows, cut by what became of them."""
        upload = self.upload
        start, parts = 0.0, []
        for kind, count in (
            ("valid", upload.valid_records),
            ("error", upload.error_records),
            ("skipped", upload.skipped_records),
            ("rest", upload.not_processed),
        ):
            width = count * 100 / upload.total_records if upload.total_records else 0
            parts.append(Share(kind, f"{start:.3f}", f"{width:.3f}"))
            start += width
        return [part for part in parts if float(part.width)]

    @property
    def fingerprint(self) -> str:
        """Changes whenever what the page says would."""
        upload = self.upload
        mail = self.mail.state if self.mail else ""
        parts = (upload.run, upload.status, upload.step, upload.processed_records, upload.attempts)
        return "-".join(map(str, (*parts, upload.total_records, mail, self.waiting)))
