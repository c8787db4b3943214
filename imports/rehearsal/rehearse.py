"""A rehearsal: what a change would do to the rows of the last 30 days."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.timezone import now
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from imports.rehearsal.changes import RuleChange
from imports.rehearsal.flips import Flips
from imports.rehearsal.imported import would_be_rejected
from imports.rehearsal.rejected import would_be_accepted

COUNTED = _(
    "A product counts once, by the newest row that said this value, unless a person has set it "
    "since. A rejected row counts if all of its errors would go, its SKU and ID are free, no "
    "correction has it, and its file was not imported again."
)
# As long as what files confirmed is kept (imports/maintenance/changes.py).
DAYS = 30
SECONDS = 1.0  # for which rejected rows are judged while a person waits


@dataclass(frozen=True)
class Rehearsal:
    """Imported rows that would be rejected, and rejected rows that would be accepted; see
    `Accepted` for the other two."""

    rejected: Flips
    accepted: Flips
    looked_at: int | None = None
    unlisted: int = 0

    def __bool__(self) -> bool:
        return bool(self.rejected or self.accepted or self.looked_at or self.unlisted)

    @property
    def in_words(self) -> str:
        """How many rows would have another outcome."""
        rejected = ngettext(
            "%(rows)s row that was imported would be rejected",
            "%(rows)s rows that were imported would be rejected",
            self.rejected.rows,
        ) % {"rows": f"{self.rejected.rows:,}"}
        accepted = ngettext(
            "%(rows)s rejected row would be imported",
            "%(rows)s rejected rows would be imported",
            self.accepted.rows,
        ) % {"rows": f"{self.accepted.rows:,}"}
        return gettext("Of the rows of the last %(days)s days, %(rejected)s, and %(accepted)s.") % {
            "days": DAYS,
            "rejected": rejected,
            "accepted": accepted,
        }

    @property
    def unknown(self) -> list[str]:
        """What the numbers leave out, in sentences."""
        said = []
        if self.looked_at is not None:
            text = gettext(
                "There are more rejected rows like these: only the newest %(rows)s were looked at."
            )
            said.append(text % {"rows": f"{self.looked_at:,}"})
        if self.unlisted:
            text = ngettext(
                "%(rows)s more rejected row is not stored: its file has too many errors.",
                "%(rows)s more rejected rows are not stored: their files have too many errors.",
                self.unlisted,
            )
            said.append(text % {"rows": f"{self.unlisted:,}"})
        return said


def rehearse(change: RuleChange, *, seconds: float = SECONDS) -> Rehearsal:
    """Read-only. As fast as an index for a list of names; for a limit, all products are read."""
    at = now()
    since = at - timedelta(days=DAYS)
    accepted = would_be_accepted(change, since, at.date(), seconds)
    return Rehearsal(
        rejected=would_be_rejected(change, since, at.date()),
        accepted=accepted.flips,
        looked_at=accepted.looked_at,
        unlisted=accepted.unlisted,
    )
