"""Checks the promises in database, bucket, email, queues, disk and logs of an idle system.

The rows of the files are compared with `reference.py`. All violations are listed, not only the
first.
"""

import csv
import io
import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any

from deploy.local import stopping
from tests.faults.cases import Case, Sent
from tests.faults.change_rows import recorded
from tests.faults.logs import Record, records
from tests.faults.outbox import answered_once
from tests.faults.reference import GoodRow
from tests.faults.spare_time import moments
from tests.faults.staff_files import KINDS
from tests.faults.world import HANG, QUEUES, World

ProductId = tuple[str, str]  # of a vendor, its own ID
Content = tuple[Any, ...]  # the values that an update can change
ENDED = {"completed", "partial", "failed", "cancelled"}
HEARD = ("events", "imports", "maintenance", "mail", "webhooks")  # queues that are always polled
LISTENERS = {f"onboarding-{name}" for name in HEARD}
LOGS = ("web", "forwarder", "worker", "maintenance", "mail", "webhooks", "beat")
# Handled errors: a failed attempt is recorded in the upload's row, a killed child is replaced.
HANDLED = re.compile(
    r"attempt \d+ of \d+ in step|gave up in step|cannot read a message|WorkerLostError|"
    r"Received unregistered task|Can't decode message body|"
    r"Received and deleted unknown message|Message Error: SchedulingError|"
    # Django's, of an answer with 503.
    r"^Service Unavailable: /|"
    # Celery's own, when children die as fast as they are created: the worker ends and is restarted.
    r"Unrecoverable error: StopIteration|has no attribute 'did_start_ok'|"
    r"forwarding failed, trying again|Received invalid task message|"
    # Database and AWS are away at once, so that no hint can be sent: the message itself returns.
    r"Task imports\.tasks\.\w+\[[-0-9a-f]+\] raised unexpected: (?:Operational|Interface)Error|"
    # Messages of test_poison_in_every_queue, with arguments that the task does not have.
    r"Task imports\.tasks\.advance\[0\] raised unexpected: TypeError"
)
# An error unless the test has frozen a process for longer than a task may take.
TIME_LIMIT = "TimeLimitExceeded"
# The answers of the web process: "POST /uploads/new/ 503 in 12 ms".
ANSWER = re.compile(r"[A-Z]+ (?P<path>\S+) (?P<status>\d{3}) in \d+ ms")
PATIENCE = 10.0
UNAVAILABLE = "503"  # what a person is answered while a service is away


def check(case: Case, *, dead_letters: int = 0, patience: float = PATIENCE) -> None:
    """Raise AssertionError with all violations of the promises. Processes have some seconds of
    `patience` to end their work and to listen."""
    breaches = list(breaches_of(case, dead_letters, patience))
    assert not breaches, "\n".join([*breaches, case.how_it_stands()])


def breaches_of(case: Case, dead_letters: int = 0, patience: float = PATIENCE) -> Iterator[str]:
    uploads = case.uploads()
    yield from only_what_was_sent(case, uploads)
    contested = contested_keys(case.sent)
    undone = {upload["undoes_id"] for upload in uploads if upload["undoes_id"]}
    changed = changes(case.sent, uploads, undone)
    for sent in case.sent:
        upload = next(filter(sent.is_of, uploads), None)
        if upload is None:
            yield f"I1 {sent.key} has no upload"
            continue
        yield from ended(upload)
        yield from adds_up(upload, sent)
        if sent.dataset == "products":
            is_undone = upload["upload_id"] in undone
            yield from applied_once(
                case.world, upload, sent, contested, changed, is_undone=is_undone
            )
            yield from one_report(case.world, upload)
        else:
            yield from validated_once(case.world, upload, sent)
            yield from rejected_once(case.world, upload, sent)
    yield from nobody_else_has_rows(case)
    yield from recorded(
        case.world,
        case.vendors,
        {
            upload["upload_id"]: sent.expected.good
            for sent in case.sent
            for upload in filter(sent.is_of, uploads)
        },
        uploads,
    )
    for dataset in KINDS:
        yield from staffs_rows_once(case, dataset)
    yield from one_mail_per_run(case)
    yield from answered_once(case.world, case.vendors, uploads)
    yield from nothing_dead(case.world, dead_letters)
    yield from nothing_left(case, patience)
    yield from everybody_listens(case.world, within=patience)
    yield from no_unhandled_error(case)


def only_what_was_sent(case: Case, uploads: list[dict[str, Any]]) -> Iterator[str]:
    """I1: each object has one upload, and each upload that read something has an object."""
    for upload in uploads:
        if upload["s3_version"] and not any(sent.is_of(upload) for sent in case.sent):
            yield f"I1 {upload['upload_id']} was not sent: {upload['s3_key']}"
    for sent in case.sent:
        found = [upload["upload_id"] for upload in uploads if sent.is_of(upload)]
        if len(found) > 1:
            yield f"I1 {sent.key} has several uploads: {found}"


def ended(upload: dict[str, Any]) -> Iterator[str]:
    name = upload["upload_id"]
    if upload["status"] not in ENDED or upload["step"] != "done":
        yield f"I1 {name} has not ended: {upload['status']}, {upload['step']}"
    if upload["lease_until"] or upload["next_attempt_at"]:
        yield f"I1 {name} is done and still has a lease or an attempt due"


def adds_up(upload: dict[str, Any], sent: Sent) -> Iterator[str]:
    name = upload["upload_id"]
    validated = upload["valid_records"] + upload["error_records"] + upload["skipped_records"]
    if sent.expected.refused:
        if upload["failure_code"] != sent.expected.refused or validated:
            yield f"I2 {name}: {upload['failure_code']!r}, expected {sent.expected.refused}"
        return
    if upload["failure_code"]:
        yield f"I2 {name} failed: {upload['failure_code']} {upload['failure_message']}"
    if upload["status"] != "cancelled" and validated != upload["total_records"]:
        yield f"I2 {name}: {validated} validated of {upload['total_records']}"
    never_read = upload["status"] == "cancelled" and not upload["total_records"]
    if upload["total_records"] != sent.expected.total and not never_read:
        yield f"I2 {name}: {upload['total_records']} rows, the file has {sent.expected.total}"


def contested_keys(
    files: list[Sent], modes: tuple[str, ...] = ("create", "check")
) -> set[tuple[str, str]]:
    """Keys in valid rows of more than one file of these modes: (what, key)."""
    products = [sent for sent in files if sent.dataset == "products" and sent.mode in modes]
    counted = Counter(key for sent in products for key in {k for r in goods(sent) for k in keys(r)})
    return {key for key, count in counted.items() if count > 1}


def goods(sent: Sent) -> list[GoodRow]:
    return list(sent.expected.good.values())


def keys(row: GoodRow) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("sku", row.sku), ("id", f"{row.vendor}/{row.vendor_product_id}")


def changes(
    files: list[Sent], uploads: list[dict[str, Any]], undone: set[str]
) -> dict[ProductId, set[Content]]:
    """What each product that was updated may contain: what the file that was stored last says, and
    what a canceled or undone one after it says, because it may have been canceled after that row,
    and a later file may have kept what it says. An undo takes back single fields: of products that
    an undone file names, any mixture of what files say (see I12)."""
    found: dict[ProductId, set[Content]] = {}
    updates = [sent for sent in files if sent.mode in ("update", "replace")]
    for sent in sorted(updates, key=lambda sent: sent.place):
        upload = next(filter(sent.is_of, uploads), None)
        is_certain = (
            upload is not None
            and upload["status"] != "cancelled"
            and upload["upload_id"] not in undone
        )
        for row in goods(sent):
            key = (row.vendor, row.vendor_product_id)
            if is_certain:
                found[key] = {content(row)}
            elif key in found:
                found[key].add(content(row))
    of_undone = [
        sent
        for sent in files
        if any(sent.is_of(each) and each["upload_id"] in undone for each in uploads)
    ]
    named = {(row.vendor, row.vendor_product_id) for sent in of_undone for row in goods(sent)}
    for key, contents in said_of(files, named).items():
        found[key] = {*product(*map(set, zip(*contents, strict=True)))}
    return found


def said_of(files: list[Sent], keys: set[ProductId]) -> dict[ProductId, set[Content]]:
    """All that files of products say of these."""
    found: dict[ProductId, set[Content]] = {}
    for row in (row for sent in files if sent.dataset == "products" for row in goods(sent)):
        if (key := (row.vendor, row.vendor_product_id)) in keys:
            found.setdefault(key, set()).add(content(row))
    return found


def content(row: GoodRow) -> Content:
    return row.product_name, row.category, row.price, row.stock_quantity


def applied_once(
    world: World,
    upload: dict[str, Any],
    sent: Sent,
    contested: set[tuple[str, str]],
    changed: dict[ProductId, set[Content]],
    *,
    is_undone: bool,
) -> Iterator[str]:
    """I3: the rows of this upload in the catalog and its errors agree with the reference. Of one
    that was undone, those rows count that it has added (see I12)."""
    name = upload["upload_id"]
    products = world.rows("SELECT * FROM products WHERE upload_id = %s", [name])
    if sent.mode != "create":
        # An update changes products of other uploads only; a check changes none.
        if products:
            yield f"I3 {name} is of mode {sent.mode} and has created {len(products)} products"
        reported = world.rows(
            "SELECT DISTINCT row_number FROM validation_errors "
            "WHERE upload_id = %s AND severity = 'error'",
            [name],
        )
        accepted = sent.expected.good.keys() - {row["row_number"] for row in reported}
        if upload["status"] != "cancelled" and len(accepted) != upload["valid_records"]:
            yield f"I3 {name}: {upload['valid_records']} valid, expected {len(accepted)}"
        yield from reported_once(world, upload, sent, contested, accepted)
        return
    found = Counter(map(as_good_row, products))
    expected = sent.expected.good
    for row, count in found.items():
        asked = expected.get(row.number)
        allowed = changed.get((row.vendor, row.vendor_product_id))
        same = asked == row or (
            allowed is not None
            and asked is not None
            and keys(asked) == keys(row)
            and content(row) in allowed
        )
        if count != 1 or not same:
            yield f"I3 {name}: {count} × {row}, expected {asked}, changed to {allowed}"
    if is_undone:
        products = world.rows(
            "SELECT upload_row FROM product_changes WHERE upload_id = %s AND kind = 'I'", [name]
        )
    if len(products) != upload["valid_records"]:
        yield f"I3 {name}: {upload['valid_records']} valid, {len(products)} in the catalog"
    in_catalogue = {product["upload_row"] for product in products}
    yield from reported_once(world, upload, sent, contested, in_catalogue)


def reported_once(
    world: World,
    upload: dict[str, Any],
    sent: Sent,
    contested: set[tuple[str, str]],
    in_catalogue: set[int],
) -> Iterator[str]:
    """I3: the errors are the expected ones, and those of rows that lost a key to another file."""
    name = upload["upload_id"]
    errors = Counter(
        (error["row_number"], error["column_name"], error["error_type"])
        for error in errors_of(world, name)
    )
    if doubled := [error for error, count in errors.items() if count > 1]:
        yield f"I3 {name}: errors twice: {doubled[:5]}"
    if upload["status"] == "cancelled":
        return  # rows that were not reached are neither imported nor reported
    if missing := sent.expected.errors - errors.keys():
        yield f"I3 {name}: {len(missing)} errors not reported: {sorted(missing)[:5]}"
    unforeseen = errors.keys() - sent.expected.errors
    may_have_lost = {
        number
        for number, row in sent.expected.good.items()
        if number not in in_catalogue and contested.intersection(keys(row))
    }
    for number, column, code in unforeseen:
        if number not in may_have_lost or not may_lose(code):
            yield f"I3 {name}: an unexpected error: {number} {column} {code}"
    lost = {number for number, _, code in unforeseen if may_lose(code)} & may_have_lost
    if silent := sent.expected.good.keys() - in_catalogue - lost:
        yield f"I3 {name}: rows neither imported nor reported: {sorted(silent)[:5]}"


def validated_once(world: World, upload: dict[str, Any], sent: Sent) -> Iterator[str]:
    """I3: staff's rows are valid except those generated with an error."""
    name = upload["upload_id"]
    reported = Counter(
        (error["row_number"], error["column_name"], error["error_type"])
        for error in errors_of(world, name)
    )
    expected = Counter(sent.expected.errors)
    if upload["status"] == "cancelled":
        expected &= reported  # rows that were not reached have no errors
    if reported != expected:
        different = sorted((reported - expected) | (expected - reported))
        yield f"I3 {name}: errors {different[:5]} differ"


def staffs_rows_once(case: Case, dataset: str) -> Iterator[str]:
    """I3: every valid row of staff's files is stored once, from one of the files that have it."""
    files = {
        case.upload_of(sent)["upload_id"]: sent for sent in case.sent if sent.dataset == dataset
    }
    if not files:
        return
    stored = list(KINDS[dataset].stored(case.world, case.tag))
    ours = {name: set(sent.expected.good.values()) for name, sent in files.items()}
    for name, cells in stored:
        if cells not in ours.get(name, ()):
            yield f"I3 {name} has stored {cells}, which it does not contain"
    counted = Counter(cells for _, cells in stored)
    if doubled := [cells for cells, count in counted.items() if count > 1]:
        yield f"I3 {dataset} stored twice: {doubled[:5]}"
    ended = [name for name in files if case.upload_of(files[name])["status"] != "cancelled"]
    if missing := set().union(*(ours[name] for name in ended)) - counted.keys():
        yield f"I3 {dataset} not stored: {sorted(missing)[:5]}"


def errors_of(world: World, upload_id: str) -> list[dict[str, Any]]:
    """The errors of an upload in the order of the report, without notices."""
    return world.rows(
        "SELECT * FROM validation_errors WHERE upload_id = %s AND severity = 'error' "
        "ORDER BY error_id",
        [upload_id],
    )


def may_lose(code: str) -> bool:
    return code in {"DUPLICATE_SKU", "DUPLICATE_VENDOR_PRODUCT_ID"}


def as_good_row(product: dict[str, Any]) -> GoodRow:
    return GoodRow(
        number=product["upload_row"],
        vendor=product["vendor_id"],
        vendor_product_id=product["vendor_product_id"],
        sku=product["sku"],
        product_name=product["product_name"],
        category=product["category"],
        price=product["price"],
        stock_quantity=product["stock_quantity"],
    )


def nobody_else_has_rows(case: Case) -> Iterator[str]:
    """I3: each contested key has exactly one row, and every row an upload of the case."""
    known = {
        upload["upload_id"] for upload in case.uploads() if any(s.is_of(upload) for s in case.sent)
    }
    for row in case.world.rows(
        "SELECT upload_id, sku FROM products WHERE vendor_id = ANY(%s)", [case.vendors]
    ):
        if row["upload_id"] not in known:
            yield f"I3 {row['sku']} was imported by {row['upload_id']}, which is not of this case"
    for what, key in contested_keys(case.sent, ("create",)):
        if what == "sku" and not case.world.rows("SELECT 1 FROM products WHERE sku = %s", [key]):
            yield f"I3 no row has the contested SKU {key}"


def one_report(world: World, upload: dict[str, Any]) -> Iterator[str]:
    """I4: a report iff there are errors; its lines are the errors, in order."""
    name = upload["upload_id"]
    errors = errors_of(world, name)
    if bool(errors) != bool(upload["error_file_version"]):
        yield f"I4 {name}: {len(errors)} errors, report version {upload['error_file_version']!r}"
        return
    if not errors:
        return
    text = report_of(world, upload)
    lines = list(csv.DictReader(io.StringIO(text)))
    reported = [
        (int(line["Row Number"]), line["Error Type"])
        for line in lines
        if line["Severity"] == "error"
    ]
    kept = [(error["row_number"], error["error_type"]) for error in errors]
    if reported != kept:
        yield f"I4 {name}: the report ({len(reported)} lines) and the table ({len(kept)}) differ"
    says_more = not lines[-1]["Row Number"]  # its last line: how many errors are not stored
    if says_more != (len({number for number, _ in kept}) < upload["error_records"]):
        yield f"I4 {name}: {upload['error_records']} rows with errors counted, others stored"


def rejected_once(world: World, upload: dict[str, Any], sent: Sent) -> Iterator[str]:
    """I4: staff's report contains every rejected row once."""
    name = upload["upload_id"]
    if bool(upload["error_records"]) != bool(upload["error_file_version"]):
        yield f"I4 {name}: {upload['error_records']} errors, {upload['error_file_version']!r}"
    if not upload["error_file_version"]:
        return
    text = report_of(world, upload)
    if len(text.splitlines()) - 1 != upload["error_records"]:
        yield f"I4 {name}: the report has {len(text.splitlines())} lines"


def report_of(world: World, upload: dict[str, Any]) -> str:
    answer = world.aws("s3").get_object(
        Bucket=upload["s3_bucket"],
        Key=upload["error_file_s3_key"],
        VersionId=upload["error_file_version"],
    )
    text: str = answer["Body"].read().decode("utf-8-sig")
    return text


def mails(world: World) -> list[tuple[str, str]]:
    """To whom, and the text, of all emails that SES has accepted."""
    url = f"http://127.0.0.1:{world.ports['aws']}/_ministack/ses/messages"
    with urllib.request.urlopen(url, timeout=HANG) as answer:
        accounts = json.load(answer)["messages"]
    return [
        (", ".join(mail["To"]), mail["BodyText"] or "")
        for account in accounts.values()
        for mail in account
    ]


def one_mail_per_run(case: Case) -> Iterator[str]:
    """I5: one email per run and recipient. None only if SES rejected it or its answers were lost
    repeatedly, with an alarm; more than one only if the outcome of a send was lost."""
    texts = mails(case.world)
    given_up = case.world.rows(
        "SELECT upload_id, count(*) FROM notifications JOIN upload_history USING (upload_id) "
        "WHERE state IN ('unknown', 'failed') AND upload_id = ANY(%s) GROUP BY upload_id",
        [[upload["upload_id"] for upload in case.uploads()]],
    )
    unsent = {row["upload_id"]: row["count"] for row in given_up}
    if sum(unsent.values()) > case.unsent_mails:
        yield f"I5 emails given up: {unsent}, {case.unsent_mails} allowed"
    reported = {alarm["subject"] for alarm in case.world.rows("SELECT subject FROM alarms")}
    for name in unsent.keys() - reported:
        yield f"I5 no alarm that the email of {name} was given up"
    extra = 0
    lists = case.world.rows("SELECT vendor_id, extra_recipients FROM vendors")
    others = {row["vendor_id"]: len(row["extra_recipients"]) for row in lists}
    for upload in case.uploads():
        name = upload["upload_id"]
        runs = 0 if is_form_refusal(upload) else upload["run"]
        count = sum(f"Upload ID: {name}" in text for _to, text in texts)
        due = runs * (1 + others.get(upload["vendor_id"], 0))
        if count < due - unsent.get(name, 0):
            yield f"I5 {name}: {count} emails of {upload['run']} runs"
        each = Counter(to for to, text in texts if f"Upload ID: {name}" in text)
        extra += sum(max(0, found - runs) for found in each.values())
    if extra > case.more_mails:
        yield f"I5 {extra} emails too many, {case.more_mails} allowed"


def is_form_refusal(upload: dict[str, Any]) -> bool:
    """Whether the form rejected the file, and said so on its page."""
    return upload["s3_version"] is None and upload["failure_code"] not in ("", "NEVER_ARRIVED")


def nothing_dead(world: World, allowed: int) -> Iterator[str]:
    """I6: no dead letters, or the expected number, with an alarm."""
    found = {name: world.messages_in(f"{name}DeadLetter") for name in QUEUES}
    if sum(found.values()) != allowed:
        yield f"I6 dead letters: {found}, {allowed} expected"
    alarms = {
        alarm["subject"]
        for alarm in world.rows("SELECT subject FROM alarms WHERE kind = 'dead_letter'")
    }
    for name, count in found.items():
        queue = re.sub(r"\B([A-Z])", r"-\1", name).lower()
        if count and f"queue {queue}" not in alarms:
            yield f"I6 no alarm about the dead letters of {name}"


def nothing_left(case: Case, patience: float) -> Iterator[str]:
    """I7: no temporary files except of killed processes, no staged item without an expiry, no
    object that should have been deleted."""
    world = case.world
    files: set[str] = set()
    for _ in moments(within=min(3, patience)):  # a fenced-out worker may still be ending
        files = world.temporary_files() - case.files_before
        if len(files) <= world.kills:
            break
    else:
        yield f"I7 temporary files left: {sorted(files)[:5]}"
    items = world.items(world.outputs["UploadRecordsTable"])
    if endless := [item["upload_id"]["S"] for item in items if "expires_at" not in item]:
        yield f"I7 staged items that never expire: {endless[:5]}"
    deleted = world.rows(
        "SELECT s3_key, s3_version FROM upload_history WHERE source_deleted_at IS NOT NULL"
    )
    gone = {(row["s3_key"], row["s3_version"]) for row in deleted}
    for page in world.aws("s3").get_paginator("list_object_versions").paginate(Bucket=world.bucket):
        for version in page.get("Versions", []):
            if (version["Key"], version["VersionId"]) in gone:
                yield f"I7 {version['Key']} is recorded as deleted but exists"


def everybody_listens(world: World, *, within: float = PATIENCE) -> Iterator[str]:
    """I8: every process is running and every queue is being polled."""
    asked = time.monotonic()
    dead, not_polled = set(LOGS), set(LISTENERS)
    for _ in moments(within):
        dead = {name for name in dead if not stopping.birth(world.pid(name))}
        heard = {queue for queue, at in world.http.polled.items() if at > asked}
        not_polled -= heard
        if not (dead or not_polled):
            return
    if dead:
        yield f"I8 not running for {within:.0f} s: {sorted(dead)}"
    if not_polled:
        yield f"I8 not polled for {within:.0f} s: {sorted(not_polled)}"


def no_unhandled_error(case: Case) -> Iterator[str]:
    """I9: no unhandled error in any log, and no request answered with one."""
    for name in LOGS:
        for record in records(case.world.log(name, since=case.logs_before.get(name, 0))):
            if case.time_limit_exceeded and TIME_LIMIT in record.message:
                continue
            yield from unhandled(name, record)


def unhandled(name: str, record: Record) -> Iterator[str]:
    text = f"{record.message}\n{record.traceback}".strip()
    failed = record.traceback or "Traceback (most recent call last)" in record.message
    if failed and not HANDLED.search(text):
        yield f"I9 {name}: {text[:300]} … {text[-700:]}"
    answer = ANSWER.fullmatch(record.message) if record.logger == "config.request_log" else None
    if answer and UNAVAILABLE != answer["status"] >= "500":
        yield f"I9 {name} answered {record.message}"
