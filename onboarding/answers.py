"""Questions with their answers: numbers from the settings, and messages and remedies of the codes
they are about from where those are declared."""

from dataclasses import dataclass

from django.conf import settings

from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.rules.wording import in_megabytes
from onboarding.help import Cause, error_codes, refusals
from onboarding.troubleshooting import TROUBLES


@dataclass(frozen=True)
class Said:
    """A code as the help page of `dataset` explains it; `title` is a refusal's, or ""."""

    code: str
    title: str
    causes: list[Cause]
    dataset: str


@dataclass(frozen=True)
class Answered:
    """A question with its numbers filled in and its codes explained."""

    key: str
    question: str
    answer: str
    steps: list[str]
    codes: list[Said]


def answered(dataset: Dataset) -> list[Answered]:
    """All questions, for people who send files of this data set."""
    known = {said.code: said for said in said_of(dataset)}
    filled = numbers(dataset)
    return [
        Answered(
            trouble.key,
            trouble.question,
            trouble.answer.format(**filled),
            [step.format(**filled) for step in trouble.steps],
            [known[code] for code in trouble.codes],
        )
        for trouble in TROUBLES
    ]


def said_of(dataset: Dataset) -> list[Said]:
    """Every code that a file of the data set can get, with message and remedy as declared."""
    rows = [Said(entry.code, "", entry.causes, dataset.key) for entry in error_codes(dataset)]
    files = [
        Said(each.code, each.title, [Cause(words, each.remedy)], dataset.key)
        for each, words in refusals(dataset)
    ]
    return rows + files


def sent_by_vendors() -> Dataset:
    """The data set that the questions are about."""
    return next(dataset for dataset in all_datasets().values() if dataset.by_vendor)


def numbers(dataset: Dataset) -> dict[str, object]:
    """What the answers fill in, as this deployment is set."""
    return {
        # The event may take as long before the sweep looks, and the sweep comes at its next turn.
        "sweep_minutes": in_minutes(
            settings.EVENT_GRACE_SECONDS + settings.MISSING_EVENTS_EVERY_SECONDS
        ),
        "max_attempts": settings.MAX_ATTEMPTS,
        "never_arrived": settings.NEVER_ARRIVED_MINUTES,
        "max_bytes": in_megabytes(dataset.byte_limit),
        "max_rows": f"{dataset.row_limit:,}",
        "source_kept": settings.SOURCE_KEPT_HOURS,
        "link_days": settings.REPORT_LINK_DAYS,
        "history_days": settings.AUDIT_KEPT_DAYS,
        "login_failures": settings.AXES_FAILURE_LIMIT,
        "login_minutes": in_minutes(settings.AXES_COOLOFF_TIME.total_seconds()),
        "session_hours": settings.SESSION_COOKIE_AGE // 3600,
    }


def in_minutes(seconds: float) -> int:
    """Whole minutes, rounded up."""
    return -(-int(seconds) // 60)
