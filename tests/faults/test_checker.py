"""The checker finds violations, and none in a system without faults."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from deploy.local import stopping
from tests.faults.cases import Case
from tests.faults.checker import breaches_of, check
from tests.faults.people import Person
from tests.faults.staff_files import as_name
from tests.faults.world import World

TakeBack = Callable[[], Any]
A_MOMENT = 0.5  # seconds of patience where nothing can happen any more


def test_an_undisturbed_import_is_as_the_reference_says(case: Case) -> None:
    case.drop(case.rows(2_500, bad=40))
    case.drop(case.rows(20, first=5_000), vendor=1)
    case.drop(case.rows(20, bad=20, first=6_000), vendor=2)
    case.drop(b"no,such,columns\n1,2,3\n", vendor=2)
    case.settle()
    check(case)


@pytest.fixture(scope="module")
def settled(world: World) -> Iterator[Case]:
    """Imported files of every kind, for what can be taken back."""
    world.heal()
    world.forget_messages()
    case = Case(world)
    case.drop_of_every_kind(30, bad=3)
    case.settle()
    check(case)
    yield case
    world.heal()


def found_in(case: Case, breach: str) -> None:
    with pytest.raises(AssertionError, match=breach):
        check(case, patience=A_MOMENT)


def forget_a_row(case: Case) -> None:
    case.world.rows(
        "DELETE FROM products WHERE product_id IN "
        "(SELECT product_id FROM products WHERE vendor_id = %s LIMIT 1)",
        [case.vendor()],
    )


def change_a_row(case: Case) -> None:
    case.world.rows("UPDATE products SET price = 1 WHERE vendor_id = %s", [case.vendor()])


def forget_a_change(case: Case) -> None:
    case.world.rows(
        "DELETE FROM product_changes WHERE change_id = "
        "(SELECT max(change_id) FROM product_changes WHERE vendor_id = %s)",
        [case.vendor()],
    )


def record_a_change_twice(case: Case) -> None:
    case.world.rows(
        "INSERT INTO product_changes (product_id, vendor_id, upload_id, upload_row, kind, before) "
        "SELECT product_id, vendor_id, upload_id, upload_row, 'U', '{\"stock_quantity\": -1}' "
        "FROM products WHERE vendor_id = %s LIMIT 1",
        [case.vendor()],
    )


def forget_an_error(case: Case) -> None:
    case.world.rows(
        "DELETE FROM validation_errors WHERE upload_id = %s", [case.uploads()[0]["upload_id"]]
    )


def miscount(case: Case) -> None:
    case.world.rows(
        "UPDATE upload_history SET valid_records = valid_records + 1, "
        "total_records = total_records + 1 WHERE vendor_prefix = %s",
        [case.vendor()],
    )


def unend(case: Case) -> None:
    case.world.rows(
        "UPDATE upload_history SET step = 'notify' WHERE vendor_prefix = %s", [case.vendor()]
    )


def forget_a_customer(case: Case) -> None:
    case.world.rows(
        "DELETE FROM dim_customer WHERE customer_id = "
        "(SELECT min(customer_id) FROM dim_customer WHERE full_name LIKE %s)",
        [f"{as_name(case.tag)} %"],
    )


def end_without_an_email(case: Case) -> None:
    case.world.rows(
        "UPDATE upload_history SET run = run + 1 WHERE vendor_prefix = %s", [case.vendor()]
    )


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (unend, "I1 .* has not ended"),
        (miscount, "I2"),
        (forget_a_row, "I3"),
        (change_a_row, "I3"),
        (forget_an_error, "I3"),
        (forget_a_customer, "I3 customers not stored"),
        (forget_an_error, "I4"),
        (end_without_an_email, "I5 .* emails of 2 runs"),
        (end_without_an_email, "I10 .* of 2 runs"),
        (miscount, "I10 .* another"),
        (forget_a_change, "I11 .* of kinds"),
        (record_a_change_twice, "I11 .* counted"),
    ],
)
def test_a_breach_in_the_database_is_found(
    settled: Case, spoil: Callable[[Case], None], breach: str
) -> None:
    with settled.world.taking_back():
        spoil(settled)
        found_in(settled, breach)


def change_a_client(case: Case) -> TakeBack:
    [file] = [sent for sent in case.sent if sent.dataset == "clients"]
    _, email, *_ = next(iter(file.expected.good.values()))
    table = {"TableName": case.world.env["CLIENTS_TABLE"]}
    dynamodb, key = case.world.aws("dynamodb"), {"email": {"S": email}}
    before = dynamodb.get_item(**table, Key=key)["Item"]
    dynamodb.update_item(
        **table,
        Key=key,
        UpdateExpression="SET company = :other",
        ExpressionAttributeValues={":other": {"S": "Another company"}},
    )
    return partial(dynamodb.put_item, **table, Item=before)


def import_a_check(case: Case) -> TakeBack:
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    sent.mode = "check"
    return partial(setattr, sent, "mode", "create")


def answer(case: Case, end: str) -> str:
    """The key of the one in the outbox of the case's vendor that ends so."""
    outbox = f"outbox/{case.vendor()}/"
    found = case.world.aws("s3").list_objects_v2(Bucket=case.world.bucket, Prefix=outbox)
    [key] = [each["Key"] for each in found["Contents"] if each["Key"].endswith(end)]
    return str(key)


def answer_twice(case: Case) -> TakeBack:
    key = answer(case, ".result.json")
    return copy(case, key, key.replace(".run1.", ".run2."))


def answer_another_vendor(case: Case) -> TakeBack:
    key = answer(case, ".received.json")
    return copy(case, key, key.replace("UPLOAD_2", "UPLOAD_1"))


def answer_differently(case: Case) -> TakeBack:
    return copy(case, answer(case, ".received.json"), answer(case, ".result.json"))


def copy(case: Case, key: str, to: str) -> TakeBack:
    """Write the object over another one, which comes back when this version is deleted."""
    s3, bucket = case.world.aws("s3"), case.world.bucket
    source = {"Bucket": bucket, "Key": key}
    version = s3.copy_object(Bucket=bucket, Key=to, CopySource=source)["VersionId"]
    return partial(s3.delete_object, Bucket=bucket, Key=to, VersionId=version)


def send_a_dead_letter(case: Case) -> TakeBack:
    queue = case.world.queue("ImportsDeadLetter")
    case.world.aws("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    return case.world.forget_messages


def stop_listening(case: Case) -> TakeBack:
    forwarder = case.world.pid("forwarder")
    stopping.send(forwarder, signal.SIGSTOP)
    return partial(stopping.send, forwarder, signal.SIGCONT)


def answer_with_an_error(case: Case) -> TakeBack:
    record = {"name": "config.request_log", "message": "GET /uploads/ 500 in 7 ms"}
    return log(case, json.dumps({"levelname": "ERROR", **record}))


def fail_unhandled(case: Case) -> TakeBack:
    record = {"name": "celery", "message": "boom", "exc_info": "File …\nValueError"}
    return log(case, json.dumps({"levelname": "ERROR", **record}))


def die_before_logging(case: Case) -> TakeBack:
    return log(case, "Traceback (most recent call last):\nValueError: boom")


def log(case: Case, line: str) -> TakeBack:
    """Add a line to the log of the web process, which later checks begin behind."""
    case.world.output.line("web", line.encode())
    return lambda: case.logs_before.update(case.world.log_sizes())


def leave_a_file(case: Case) -> TakeBack:
    left = case.world.temp / "onboarding-x.upload"
    left.touch()
    return left.unlink


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (import_a_check, "I3 .* mode check"),
        (change_a_client, "I3 .* has stored"),
        (send_a_dead_letter, "I6 dead letters"),
        (leave_a_file, "I7"),
        (stop_listening, "I8 not polled"),
        (answer_with_an_error, "I9 web answered"),
        (fail_unhandled, "I9 web: boom"),
        (die_before_logging, "I9 web: Traceback"),
        (answer_twice, "I10 .* of 1 runs"),
        (answer_differently, "I10 .* 2 contents"),
        (answer_another_vendor, "I10 .* is not known"),
    ],
)
def test_a_breach_elsewhere_is_found(
    settled: Case, spoil: Callable[[Case], TakeBack], breach: str
) -> None:
    take_back = spoil(settled)
    try:
        found_in(settled, breach)
    finally:
        take_back()


def lose(case: Case, key: str) -> None:
    s3, bucket = case.world.aws("s3"), case.world.bucket
    version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    s3.delete_object(Bucket=bucket, Key=key, VersionId=version)


def lose_rows_to_fix(case: Case) -> None:
    lose(case, answer(case, ".rows_to_fix.csv"))


def lose_an_answer(case: Case) -> None:
    lose(case, answer(case, ".result.json"))


def import_a_file_twice(case: Case) -> None:
    """As a form's file that was stored twice under its key."""
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    case.drop(sent.body, name=sent.key.rpartition("/")[2])
    case.settle()
    case.sent.pop()
    sent.version = ""


def import_a_file_nobody_sent(case: Case) -> None:
    sent = case.drop(case.rows(3, first=70_000))
    case.settle()
    case.sent.remove(sent)


def test_breaches_that_remain_are_found_one_after_the_other(case: Case) -> None:
    case.drop_of_every_kind(30, bad=3)
    case.settle()
    for spoil, breach in (
        (lose_rows_to_fix, "I10 .* not there"),
        (lose_an_answer, r"I10 .* \[\] of 1 runs"),
        (import_a_file_twice, "I1 .* several uploads"),
        (import_a_file_nobody_sent, "I1 .* was not sent"),
    ):
        assert not re.search(breach, "\n".join(breaches_of(case)))
        spoil(case)
        found_in(case, breach)


def test_breaches_of_updates_and_undos_are_found(case: Case) -> None:
    """One product has changed since the update that is undone."""
    case.drop_of_every_kind(30, bad=3)
    case.settle()
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    person = Person(case)
    imported = {row.vendor_product_id for row in sent.expected.good.values()}
    rows = [row for row in case.rows(30, seed=2) if row["vendor_product_id"] in imported]
    assert case.submit(person, rows, mode="update").status == 200
    case.settle()
    check(case)
    with case.world.taking_back():
        change_a_row(case)
        found_in(case, "I3")
    upload = case.uploads()[-1]["upload_id"]
    assert case.submit(person, case.rows(30, seed=3)[:1], mode="update").status == 200
    case.settle()
    assert person.post(f"/uploads/{upload}/undo/", {}).status == 200
    case.settle()
    check(case)
    undo = case.uploads()[-1]["upload_id"]
    with case.world.taking_back():
        case.world.rows(
            'UPDATE product_changes SET before = before || \'{"price": "0.01"}\' '
            "WHERE change_id = (SELECT max(change_id) FROM product_changes WHERE upload_id = %s)",
            [upload],
        )
        found_in(case, "I12 .* had replaced")
    with case.world.taking_back():
        case.world.rows("DELETE FROM validation_errors WHERE upload_id = %s", [undo])
        found_in(case, r"I12 .* reported \[\]")
