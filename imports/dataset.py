"""What a data set is: a schema with a file format, a destination for its rows, and policies.
Template, help page, report columns and the nouns of emails come from it, too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from imports.destinations.base import Destination
from imports.formats.base import Format
from imports.formats.layout import Layout
from imports.models import Upload
from imports.rules.base import Requirement
from imports.rules.cells import REJECTED
from imports.rules.holds import Watched
from imports.rules.keys import Fixed, Unique
from imports.rules.matching import NOTHING_KNOWN, Known
from imports.rules.refusals import Refused
from imports.rules.replacements import REPLACED
from imports.rules.schema import Schema
from imports.rules.text import Approved
from imports.rules.wording import Words, sizes


@dataclass(frozen=True, kw_only=True)
class Dataset(Schema):
    """Everything the engine knows about one kind of file."""

    key: str
    title: str
    noun: str
    nouns: str
    prefix: str  # of S3 keys, ending with "/"
    format: Format
    destination: Destination
    by_vendor: bool = True  # uploaded by vendors, each under its own prefix; otherwise by staff
    modes: tuple[str, ...] = ("create", "update", "check")  # `check`: of each of the others
    known_rows: Words = ""  # what becomes of a row that is there already, unless it is reported
    report_before: tuple[str, ...] = ()  # columns of the error report before type and message
    report_after: tuple[str, ...] = ()  # and after them
    rejected_prefix: str = ""  # where correctable files go, instead of error reports
    max_bytes: int | None = None
    alarms: bool = False  # a failed run also raises an alarm
    personal: bool = False  # personal data: erased from files, rows and reports after a time
    watched: Watched | None = None  # what is looked at before an import changes records
    # Points of the optional columns that records should have, by their keys: 100 together.
    quality: Mapping[str, int] = field(default_factory=dict)

    def requirements(self) -> Iterator[tuple[str | None, Requirement]]:
        yield from super().requirements()
        for rule in (*self.format.rules, *self.destination.rules):
            yield rule.column, rule
        if self.can_hold:
            yield REJECTED.column, REJECTED

    def notices(self) -> Iterator[tuple[str | None, Requirement]]:
        yield from super().notices()
        if self.can_correct:
            yield REPLACED.column, REPLACED
        for said in self.destination.notices:
            yield said.column, said

    @property
    def codes_of_what_is_stored(self) -> set[str]:
        """Codes of row errors that depend on more than the file: on approved names, or on records.
        Without one of them, another run of the file rejects the same rows."""
        of_more = (Approved, Unique, Fixed)
        codes = {each.code for _, each in self.requirements() if isinstance(each, of_more)}
        return codes | {rule.code for rule in self.destination.rules}

    @property
    def byte_limit(self) -> int:
        return self.max_bytes or settings.UPLOAD_MAX_BYTES

    @property
    def base_modes(self) -> list[str]:
        """The modes that import."""
        return [mode for mode in self.modes if mode != Upload.Mode.CHECK]

    @property
    def can_check(self) -> bool:
        """Whether a file can be checked without importing it."""
        return Upload.Mode.CHECK in self.modes

    @property
    def can_correct(self) -> bool:
        """Whether rejected rows can be corrected in the portal and sent again without the rest."""
        return self.by_vendor and self.format.columns_can_be_named

    @property
    def can_hold(self) -> bool:
        """Whether an import can be held until a person has looked at it."""
        return self.by_vendor and self.can_check

    def mode_title(self, mode: str) -> str:
        """What a mode that imports does with a file of this data set: "Add new products". A mode
        that this version does not have is shown by its key."""
        create = gettext("Import %(nouns)s") if self.known_rows else gettext("Add new %(nouns)s")
        titles = {
            "create": create,
            "update": gettext("Update %(nouns)s and add new ones"),
            "replace": gettext("Replace all %(nouns)s"),
            "undo": gettext("Undo"),
        }
        return titles.get(mode, mode) % {"nouns": self.nouns}

    def title_of_mode(self, upload: Upload) -> str:
        """What the upload does: "Add new products", "Add new products (check only)"."""
        title = self.mode_title(upload.base_mode)
        return gettext("%(mode)s (check only)") % {"mode": title} if upload.is_only_check else title

    def refuse_by_size(self, size: int) -> None:
        """Raise Refused if a file of `size` bytes is too large."""
        if size > self.byte_limit:
            raise Refused("FILE_TOO_LARGE", **sizes(size, self.byte_limit))

    def inspect(self, path: Path, size: int, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        """How to read a file of `size` bytes, from a vendor of whom this is `known`. Raises Refused
        if it cannot be imported, Unmatched if it could with the vendor's help."""
        self.refuse_by_size(size)
        try:
            return self.format.scan(path, self, mode, known)
        except Refused as error:
            refused = error
        # What was caught holds the frames that were reading, and thus the file open.
        refused.__context__ = None
        raise refused.with_traceback(None)

    def source_expires_at(self, upload: Upload) -> datetime | None:
        """When the upload's source object was or will be deleted; None if that is not known.

        Objects that a schedule found outside the data set's prefix are never deleted.
        """
        if upload.completed_at is None or upload.s3_version is None:
            return None
        if upload.source_deleted_at is not None:
            return upload.source_deleted_at
        if not upload.s3_key.startswith(self.prefix):
            return None
        return upload.completed_at + timedelta(hours=settings.SOURCE_KEPT_HOURS)
