"""One test's vendors and files in a world, so that tests can share the world."""

import json
import random
import secrets
from codecs import BOM_UTF8
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.reference import Expected, expected_of
from tests.faults.staff_files import KINDS, make
from tests.faults.world import HANG, World, wait_until
from tests.imports.foreign.workbook_writers import by_openpyxl
from tests.product_files import NEVER_HELD, csv_bytes

if TYPE_CHECKING:
    from tests.faults.people import Answer, Person

BAD: tuple[dict[str, str], ...] = (
    {"price": "-10.00"},
    {"price": "free", "stock_quantity": "-1"},
    {"category": "Footware"},
    {"product_name": ""},
    {"stock_quantity": "1.5"},
    {"sku": "S" * 101},
    {"price": "0", "category": "", "stock_quantity": "x"},
)


@dataclass
class Sent:
    """A file in the bucket, and its expected result.

    `version` is "" for a file from the form: its sender does not learn it, and no second
    upload may come from its key.
    """

    vendor: str
    key: str
    version: str
    body: bytes
    expected: Expected
    dataset: str = "products"
    mode: str = "create"
    place: int = 0  # of a file from the form, in the order of sending

    def is_of(self, upload: dict[str, Any]) -> bool:
        """Whether the upload is one of this file."""
        return self.key == upload["s3_key"] and self.version in ("", upload["s3_version"])


@dataclass
class Case:
    """The files of one test, with vendors of their own."""

    world: World
    tag: str = field(default_factory=lambda: secrets.token_hex(3).upper())
    sent: list[Sent] = field(default_factory=list)
    more_mails: int = 0  # allowed beyond one per run: sends whose outcome was lost
    unsent_mails: int = 0  # allowed to be given up: SES rejected them or did not answer twice
    time_limit_exceeded: bool = False  # Celery may have ended a frozen process, and said so
    _vendors: list[str] = field(default_factory=list)
    _submitted: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # by file name

    def __post_init__(self) -> None:
        self.logs_before = self.world.log_sizes()
        self.files_before = self.world.temporary_files()

    def vendor(self, number: int = 0) -> str:
        """The ID of this case's vendor with this number."""
        while len(self._vendors) <= number:
            vendor_id = f"F{self.tag}-{len(self._vendors)}"
            self.world.rows(
                "INSERT INTO vendors (vendor_id, name, contact_email, is_active, created_at, hold) "
                "VALUES (%s, %s, %s, true, now(), %s)",
                [
                    vendor_id,
                    f"Vendor {vendor_id}",
                    f"{vendor_id.lower()}@vendors.example",
                    json.dumps(NEVER_HELD),
                ],
            )
            self._vendors.append(vendor_id)
        return self._vendors[number]

    @property
    def vendors(self) -> list[str]:
        return list(self._vendors)

    def rows(
        self, count: int, *, bad: int = 0, first: int = 1, seed: int = 1
    ) -> list[dict[str, str]]:
        """`count` rows with their own keys, `bad` of them invalid."""
        chance = random.Random(seed)
        broken = set(chance.sample(range(count), bad))
        found = []
        for i in range(count):
            number = first + i
            row = {
                "vendor_product_id": f"VP-{number}",
                "product_name": f"Thing number {number}",
                "category": chance.choice(("Audio", "Books", "Cameras")),
                "sku": f"{self.tag}-{number}",
                "price": f"{chance.randint(1, 99_999)}.{chance.randint(0, 99):02}",
                "stock_quantity": str(chance.randint(0, 1_000)),
            }
            found.append(row | chance.choice(BAD) if i in broken else row)
        return found

    def drop(
        self,
        rows: Iterable[dict[str, str]] | bytes,
        *,
        vendor: int = 0,
        name: str = "",
        mode: str = "create",
    ) -> Sent:
        """Put a file into the bucket, as a vendor with access does."""
        body = rows if isinstance(rows, bytes) else csv_bytes(list(rows))
        owner = self.vendor(vendor)
        return self._put(owner, name or f"file-{len(self.sent) + 1}.csv", body, body, mode)

    def drop_workbook(self, rows: Iterable[dict[str, str]], *, vendor: int = 0) -> Sent:
        """Put an Excel workbook of these rows into the bucket."""
        table = list(rows)
        body = by_openpyxl([[*table[0]], *([*row.values()] for row in table)])
        name = f"file-{len(self.sent) + 1}.xlsx"
        return self._put(self.vendor(vendor), name, body, csv_bytes(table))

    def _put(
        self, owner: str, name: str, body: bytes, same_as: bytes, mode: str = "create"
    ) -> Sent:
        """`same_as` is the file as CSV."""
        key = f"uploads/{owner}/{name}"
        said = {"onboarding-mode": mode} if mode != "create" else {}
        version = self.world.aws("s3").put_object(
            Bucket=self.world.bucket, Key=key, Body=body, Metadata=said
        )
        expected = expected_of(same_as, owner)
        place = len(self.sent)
        sent = Sent(owner, key, version["VersionId"], body, expected, mode=mode, place=place)
        self.sent.append(sent)
        return sent

    def drop_as_staff(
        self, dataset: str, count: int, *, bad: int = 0, first: int = 1, seed: int = 1
    ) -> Sent:
        """Put a file of clients or customers into the bucket."""
        body, expected = make(dataset, self.tag, count, bad=bad, first=first, seed=seed)
        key = f"{KINDS[dataset].prefix}{self.tag}-{len(self.sent) + 1}.csv"
        version = self.world.aws("s3").put_object(Bucket=self.world.bucket, Key=key, Body=body)
        sent = Sent("", key, version["VersionId"], body, expected, dataset)
        self.sent.append(sent)
        return sent

    def submit(
        self, person: "Person", rows: Iterable[dict[str, str]] | bytes, *, mode: str = "create"
    ) -> "Answer":
        """Upload a file through the form. It counts as sent if it is in the bucket afterward."""
        body = rows if isinstance(rows, bytes) else csv_bytes(list(rows))
        name = f"form-{secrets.token_hex(4)}.csv"
        self._submitted[name] = (body, mode)
        answer = person.send(body, name=name, mode=mode)
        self._find_submitted()
        return answer

    def _find_submitted(self) -> None:
        """Add the files from the form that are in the bucket by now."""
        known = {sent.key for sent in self.sent}
        uploads = {each["file_name"]: each for each in self.uploads() if not each["undoes_id"]}
        for place, (name, (body, mode)) in enumerate(self._submitted.items()):
            upload = uploads.get(name)
            if upload and upload["s3_key"] not in known and self._is_stored(upload["s3_key"]):
                owner, key = upload["vendor_prefix"], upload["s3_key"]
                expected = expected_of(body, owner)
                self.sent.append(Sent(owner, key, "", body, expected, mode=mode, place=place))
        known = {sent.key for sent in self.sent}
        for upload in self.uploads():
            if upload["corrects_id"] and upload["s3_key"] not in known:
                self._find_correction(upload)

    def _find_correction(self, upload: dict[str, Any]) -> None:
        """Add the file of a correction, which the portal has written, if it is in the bucket."""
        owner, key = upload["vendor_prefix"], upload["s3_key"]
        if self._is_stored(key):
            stored = self.world.aws("s3").get_object(Bucket=self.world.bucket, Key=key)
            body = stored["Body"].read().removeprefix(BOM_UTF8)
            place = len(self.sent)
            expected = expected_of(body, owner)
            self.sent.append(Sent(owner, key, "", body, expected, mode=upload["mode"], place=place))

    def _is_stored(self, key: str) -> bool:
        found = self.world.aws("s3").list_object_versions(Bucket=self.world.bucket, Prefix=key)
        return bool(found.get("Versions"))

    def drop_of_every_kind(self, count: int, *, bad: int) -> None:
        """A file of products, one of clients and one of customers, with new rows."""
        first = 1 + 10_000 * len(self.sent)
        self.drop(self.rows(count, bad=bad, first=first), vendor=len(self.sent) % 4)
        for dataset in KINDS:
            self.drop_as_staff(dataset, count, bad=bad, first=first)

    def uploads(self) -> list[dict[str, Any]]:
        """The uploads of this case's vendors and of staff's files, oldest first."""
        return self.world.rows(
            "SELECT * FROM upload_history WHERE vendor_prefix = ANY(%s) OR s3_key = ANY(%s) "
            "ORDER BY upload_timestamp, upload_id",
            [self._vendors, [sent.key for sent in self.sent if sent.dataset != "products"]],
        )

    def upload_of(self, sent: Sent) -> dict[str, Any]:
        """The only upload of this file; empty while there is none."""
        found = [upload for upload in self.uploads() if sent.is_of(upload)]
        assert len(found) <= 1, found
        return found[0] if found else {}

    def settle(self, *, within: float = HANG) -> None:
        """Wait until every file has an upload, every upload is done, and no email and no answer is
        left to deliver."""

        def is_quiet() -> bool:
            self._find_submitted()
            uploads = self.uploads()
            unsent = self.unsent()
            arrived = [upload for upload in uploads if upload["s3_version"]]
            return all(any(map(sent.is_of, arrived)) for sent in self.sent) and all(
                upload["step"] == "done" and upload["upload_id"] not in unsent for upload in uploads
            )

        # Each look takes several queries, and what was done stays done.
        tell = self.how_it_stands
        wait_until("every upload done", is_quiet, within=within, every=0.25, tell=tell)

    def stop_waiting_for_files(self) -> None:
        """Let 15 minutes pass for uploads from the form that wait for their object."""
        self.world.rows(
            "UPDATE upload_history SET upload_timestamp = upload_timestamp - interval '16 minutes' "
            "WHERE vendor_prefix = ANY(%s) AND s3_version IS NULL AND undoes_id IS NULL",
            [self._vendors],
        )

    def unsent(self) -> set[str]:
        """The uploads with an email or answer that is not delivered and not given up."""
        found = self.world.rows(
            "SELECT upload_id FROM notifications WHERE state IN ('pending', 'sending') "
            "UNION SELECT upload_id FROM outbox_files WHERE state IN ('pending', 'sending')"
        )
        return {row["upload_id"] for row in found}

    def how_it_stands(self) -> str:
        """The state of the uploads and the ends of logs, for the message of a failure."""
        names = [
            *("upload_id", "vendor_prefix", "status", "step", "cursor", "staged_items", "token"),
            *("attempts", "lease_until", "next_attempt_at"),
        ]
        uploads = self.uploads()
        lines = [" ".join(f"{upload[name]}" for name in names) for upload in uploads]
        lines += [
            f"{alarm['subject']}: {alarm['detail'][-500:]}"
            for alarm in self.world.rows(
                "SELECT subject, detail FROM alarms WHERE subject = ANY(%s)",
                [[upload["upload_id"] for upload in uploads]],
            )
        ]
        lines += [self.world.output.tail(name, 8) for name in ("worker", "forwarder", "mail")]
        return "\n".join([f"{len(self.sent)} files sent", *lines])
