"""Receive: one upload per object version, even if several events arrive for it."""

import logging
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, When
from django.db.models.functions import Coalesce, Now

from imports import datasets
from imports.execution.failpoints import failpoint
from imports.execution.hints import send_hint
from imports.models import Action, Schedule, Upload
from imports.outbox import answers
from imports.rules.matching import Answers
from imports.rules.quantities import minutes as in_minutes
from imports.rules.refusals import REFUSALS, Refused
from imports.steps import ending
from imports.storage import s3
from imports.webhooks import events
from vendors.models import Vendor

log = logging.getLogger(__name__)
UPLOAD_ID = re.compile(r"UPLOAD_[0-9]{8}_[0-9]{6}_[0-9A-F]{6}")
MAX_ID_CLASHES = 10
MAX_NAME_BYTES = 150  # of a file name with its extension
# Removed from file names: control characters, and characters that reverse the text around them (so
# that "gpj.exe" reads "exe.jpg").
UNSAFE_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Arrival:
    """An object version reported by S3. `size` is in bytes; `etag` identifies its content.

    `stored_at` is by S3's clock: an event says it to the millisecond, a listing to the second.
    """

    bucket: str
    key: str
    version: str
    size: int
    etag: str = ""
    stored_at: datetime | None = None

    @classmethod
    def of_listed(cls, listed: s3.ListedVersion) -> "Arrival":
        """A version of our bucket that a listing showed."""
        return cls(
            settings.S3_BUCKET,
            listed.key,
            listed.version,
            listed.size,
            listed.etag,
            listed.modified.replace(microsecond=0),
        )


def open_upload(
    *,
    vendor: Vendor | None,
    dataset: str,
    mode: str,
    only_check: bool = False,
    file_name: str,
    size: int,
    by: Any,
    more: Callable[[Upload], None] | None = None,
) -> Upload:
    """Create the row of an upload whose object will be stored under its `s3_key`; `more` sets
    further fields.

    `vendor` is None for a data set that vendors do not upload. The upload is not due until the
    object's event arrives. Raises UnknownDataset.
    """
    name = clean_file_name(file_name)
    folder = datasets.get(dataset).prefix + (f"{vendor.vendor_id}/" if vendor else "")

    def upload_of(upload_id: str) -> Upload:
        upload = Upload(
            upload_id=upload_id,
            vendor=vendor,
            vendor_prefix=vendor.vendor_id if vendor else "",
            dataset=dataset,
            file_name=name,
            file_size=size,
            uploaded_by=by,
            s3_bucket=settings.S3_BUCKET,
            s3_key=f"{folder}{upload_id}/{name}",
        )
        upload.ask(mode, only_check=only_check)
        if more:
            more(upload)
        return upload

    return inserted(upload_of, by=by)


def inserted(upload_of: Callable[[str], Upload], *, by: Any) -> Upload:
    """Insert the row of an upload under an ID that no other one has."""
    for _ in range(MAX_ID_CLASHES):
        try:
            with transaction.atomic():
                upload = upload_of(new_upload_id())
                upload.save(force_insert=True)
                if by is not None:
                    Action.objects.create(upload=upload, run=1, kind=Action.Kind.UPLOAD, by=by)
                failpoint("send.before_commit")
                return upload
        except IntegrityError:
            continue  # two uploads got the same ID within one second
    raise RuntimeError("no free upload id")


def open_undo(undone: Upload, *, by: Any) -> Upload:
    """Create the row of an upload that takes back what another one did. It is due at once."""

    def upload_of(upload_id: str) -> Upload:
        upload = Upload(
            upload_id=upload_id,
            vendor=undone.vendor,
            vendor_prefix=undone.vendor_prefix,
            dataset=undone.dataset,
            file_name=undone.file_name,
            uploaded_by=by,
        )
        upload.ask_to_undo(undone)
        return upload

    return inserted(upload_of, by=by)


def open_correction(
    corrected: Upload,
    *,
    rows: list[list[int]],
    answers: Answers,
    file_name: str,
    size: int,
    by: Any,
) -> Upload:
    """Create the row of an upload that has these rows of another one, as ranges, to be read as
    `answers` say. Its object will be stored under its key."""

    def more(upload: Upload) -> None:
        upload.correct(corrected, rows)
        upload.mapping = answers.to_json()

    return open_upload(
        vendor=corrected.vendor,
        dataset=corrected.dataset,
        mode=corrected.mode_of_corrections,
        only_check=corrected.is_check,
        file_name=file_name,
        size=size,
        by=by,
        more=more,
    )


def refuse_at_form(
    refused: Refused,
    *,
    vendor: Vendor | None,
    dataset: str,
    mode: str,
    only_check: bool,
    file_name: str,
    size: int,
    by: Any,
) -> Upload:
    """Record a file that the form rejected: an upload that has ended, with no object or email."""
    with transaction.atomic():
        upload = open_upload(
            vendor=vendor,
            dataset=dataset,
            mode=mode,
            only_check=only_check,
            file_name=file_name,
            size=size,
            by=by,
        )
        upload.refuse(refused.code, refused.message)
        ending.end_without_email(upload)
        upload.save()
    return upload


def store(upload: Upload, body: IO[bytes]) -> None:
    """Store the object of an opened upload; its event starts the work. Raises botocore's errors.

    The object says its mode, too, so that a database restored to before the upload cannot import a
    file that was only to be checked. A check says `check` there for the same reason as in its row.
    """
    failpoint("send.before_put")
    media_type, asked = said_of_object(upload)
    s3.put_new(upload.s3_bucket, upload.s3_key, body, media_type, asked)
    failpoint("send.after_put")


def link_to_store(upload: Upload, *, seconds: int) -> s3.PutLink:
    """A link by which a program stores the object of an opened upload by itself."""
    media_type, asked = said_of_object(upload)
    size = upload.file_size or 0
    return s3.put_link(upload.s3_bucket, upload.s3_key, media_type, asked, size, seconds=seconds)


def said_of_object(upload: Upload) -> tuple[str, dict[str, str]]:
    """The media type and the metadata with which the upload's object is stored."""
    media_type = datasets.get(upload.dataset).format.media_type_of(upload.file_name)
    asked = {s3.MODE: upload.mode}
    if upload.check_of:
        asked[s3.CHECK_OF] = upload.check_of
    return media_type, asked


def object_arrived(arrival: Arrival) -> Upload | None:
    """Create or update the upload of an arrival. None if the object belongs to no data set.

    Safe to call any number of times, in any order, at the same time.
    """
    dataset = datasets.of_object(arrival.key)
    if dataset is None or arrival.key.endswith("/"):
        return None
    folder, _, name = arrival.key.removeprefix(dataset.prefix).rpartition("/")
    vendor_prefix = ""
    if dataset.by_vendor:
        vendor_prefix, _, folder = folder.partition("/")
    with transaction.atomic():
        issued = _issued(arrival, folder) if UPLOAD_ID.fullmatch(folder) else None
        if issued is None:
            upload = _dropped(arrival, dataset.key, vendor_prefix, name)
        elif has_content_of(issued, arrival):
            upload = issued
        else:
            upload = _dropped(
                arrival,
                dataset.key,
                vendor_prefix,
                name,
                like=issued,
                uploaded_by_id=issued.uploaded_by_id,
            )
        tell_programs(upload)
        if upload.step != Upload.Step.DONE:
            transaction.on_commit(lambda: failpoint("receive.before_hint"))
            transaction.on_commit(send_hint, robust=True)
        failpoint("receive.before_commit")
    return upload


def tell_programs(upload: Upload) -> None:
    """That the file has arrived: in the vendor's outbox, and at its webhooks."""
    answers.file_arrived(upload)
    events.file_arrived(upload)


def receive_stored(upload: Upload) -> bool:
    """Receive the upload's object if the bucket has it: the forwarder may have been away."""
    versions = s3.list_versions(upload.s3_bucket, upload.s3_key)
    listed = next((each for each in versions if each.key == upload.s3_key), None)
    if listed is None:
        return False
    object_arrived(Arrival.of_listed(listed))
    log.info("received %s without its event", upload.upload_id)
    return True


def give_up(upload_id: str) -> None:
    """End the wait for an object that was not stored and will not be, without an email."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload_id)
        if upload.s3_version is None and not upload.has_ended:
            time = in_minutes(60 * settings.NEVER_ARRIVED_MINUTES)
            upload.refuse("NEVER_ARRIVED", REFUSALS["NEVER_ARRIVED"].filled_in(time=time))
            ending.end_without_email(upload)
            upload.save()


def object_found(arrival: Arrival, schedule: Schedule) -> Upload:
    """The upload of an object that a schedule found outside the data sets' own prefixes.

    Safe to call any number of times. The user who requested "import now", if any, is the uploader.
    """
    name = arrival.key.rpartition("/")[2]
    with transaction.atomic():
        upload = _dropped(
            arrival,
            schedule.dataset,
            schedule.vendor_id or "",
            name,
            schedule=schedule,
            uploaded_by_id=schedule.asked_by_id,
        )
        tell_programs(upload)
        transaction.on_commit(send_hint, robust=True)
    return upload


def _issued(arrival: Arrival, upload_id: str) -> Upload | None:
    """The upload this key was issued for; it now has a version, this one or an earlier one.

    An upload that was canceled or failed in the meantime keeps its status, and can now be retried.
    """
    issued = Upload.objects.filter(
        upload_id=upload_id, s3_bucket=arrival.bucket, s3_key=arrival.key
    )
    due = Case(When(status=Upload.Status.RECEIVED, then=Now()), default="next_attempt_at")
    issued.filter(s3_version__isnull=True).update(
        s3_version=arrival.version,
        source_etag=arrival.etag,
        stored_at=Coalesce("stored_at", arrival.stored_at),
        file_size=arrival.size,
        next_attempt_at=due,
    )
    return issued.first()


def has_content_of(upload: Upload, arrival: Arrival) -> bool:
    """Whether the arrival is the upload's version, or a copy of it: a PUT that was repeated.

    A copy that was stored after we had deleted the upload's version is a file of its own: it was
    restored to be imported again.
    """
    if upload.s3_version == arrival.version:
        return True
    deleted, stored = upload.source_deleted_at, arrival.stored_at
    is_restored = deleted is not None and stored is not None and stored > deleted
    return bool(arrival.etag) and upload.source_etag == arrival.etag and not is_restored


def _dropped(
    arrival: Arrival,
    dataset: str,
    vendor_prefix: str,
    name: str,
    *,
    like: Upload | None = None,
    **found_by: Any,
) -> Upload:
    """The upload of an object that was dropped into the bucket: the existing one, or a new one,
    which does what the upload `like` does."""
    vendor = Vendor.objects.filter(pk=vendor_prefix).first()
    version = {"s3_bucket": arrival.bucket, "s3_key": arrival.key, "s3_version": arrival.version}
    for _ in range(MAX_ID_CLASHES):
        upload = Upload(
            upload_id=new_upload_id(),
            vendor=vendor,
            vendor_prefix=vendor_prefix[:200],
            dataset=dataset,
            file_name=clean_file_name(name),
            file_size=arrival.size,
            source_etag=arrival.etag,
            stored_at=arrival.stored_at,
            next_attempt_at=Now(),
            **version,
            **found_by,
        )
        if like:
            upload.ask(like.base_mode, only_check=like.is_check)
        # A conflict is a second event of the object or, very rarely, a duplicate ID.
        Upload.objects.bulk_create([upload], ignore_conflicts=True)
        if (found := Upload.objects.filter(**version).first()) is not None:
            return found
    raise RuntimeError("no free upload id")


def new_upload_id() -> str:
    """`UPLOAD_<date>_<time>_<random>` in UTC."""
    return f"UPLOAD_{datetime.now(UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(3).upper()}"


def clean_file_name(name: str) -> str:
    r"""A vendor's file name for display and for the end of a key; never a path on disk.

    Directories (`..\x.csv` too), control characters and characters that change the direction of
    text are removed. Long names are cut before their extension.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = UNSAFE_IN_NAMES.sub("", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    path = PurePosixPath(name or "upload.csv")
    room = MAX_NAME_BYTES - len(path.suffix[:20].encode())
    stem = path.stem.encode()[:room].decode(errors="ignore")
    return stem + path.suffix[:20]
