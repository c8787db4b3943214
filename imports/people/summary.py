"""What a daily digest lists: how many runs of each vendor, and the first of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Count, Q, Value, When
from django.utils.translation import gettext, ngettext

from imports.models import Digest, DigestRun, Upload
from imports.notifications.addresses import upload_url

MOST = 50  # runs in one digest
IS_PROBLEM = Q(status__in=Upload.PROBLEMS)


@dataclass(frozen=True)
class Line:
    """One run."""

    run: DigestRun
    url: str

    @property
    def imports_rows(self) -> bool:
        """Otherwise it is a check or an undo, and has no number of imported rows."""
        return not (self.run.only_check or self.run.upload.is_undo)


@dataclass(frozen=True)
class Part:
    """Of one vendor; of data of no vendor, `title` is ""."""

    title: str
    headline: str
    lines: list[Line]
    more: int


@dataclass(frozen=True)
class Summary:
    headline: str
    parts: list[Part]


def of(digest: Digest) -> Summary:
    """Problems come first; those that are left out have no line, but are counted."""
    runs = digest.runs.readable_by(digest.user)
    problems_first = Case(When(IS_PROBLEM, then=Value(0)), default=Value(1))
    listed = runs.select_related("upload__vendor").order_by(problems_first, "-ended_at", "-pk")
    lines = [Line(run, upload_url(run.upload_id)) for run in listed[:MOST]]
    by_vendor = runs.order_by("upload__vendor__name", "upload__vendor")
    counts = list(
        by_vendor.values_list("upload__vendor", "upload__vendor__name").annotate(
            total=Count("pk"), problems=Count("pk", filter=IS_PROBLEM)
        )
    )
    total, problems = sum(row[2] for row in counts), sum(row[3] for row in counts)
    return Summary(headline(total, problems), list(parts_of(counts, lines)))


def parts_of(
    counts: list[tuple[str | None, str | None, int, int]], lines: list[Line]
) -> Iterator[Part]:
    for vendor, name, total, problems in counts:
        its_own = [line for line in lines if line.run.upload.vendor_id == vendor]
        yield Part(name or "", headline(total, problems), its_own, total - len(its_own))


def headline(total: int, problems: int) -> str:
    """ "12 uploads finished, 3 with problems": as they ended, whatever was corrected since."""
    finished = ngettext("%s upload finished", "%s uploads finished", total) % f"{total:,}"
    return f"{finished}, {gettext('%s with problems') % f'{problems:,}'}" if problems else finished
