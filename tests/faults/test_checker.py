"""The checker finds violations, and none in a system without faults."""

import json
import signal
from collections.abc import Callable

import pytest

from deploy.local import stopping
from tests.faults.cases import Case
from tests.faults.checker import check
from tests.faults.people import Person
from tests.faults.staff_files import as_name


def test_an_undisturbed_import_is_as_the_reference_says(case: Case) -> None:
    case.drop(case.rows(2_500, bad=40))
    case.drop(case.rows(20, first=5_000), vendor=1)
    case.drop(case.rows(20, bad=20, first=6_000), vendor=2)
    case.drop(b"no,such,columns\n1,2,3\n", vendor=2)
    case.settle()
    check(case)


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


def change_a_client(case: Case) -> None:
    [file] = [sent for sent in case.sent if sent.dataset == "clients"]
    _, email, *_ = next(iter(file.expected.good.values()))
    case.world.aws("dynamodb").update_item(
        TableName=case.world.env["CLIENTS_TABLE"],
        Key={"email": {"S": email}},
        UpdateExpression="SET company = :other",
        ExpressionAttributeValues={":other": {"S": "Another company"}},
    )


def import_a_file_nobody_sent(case: Case) -> None:
    sent = case.drop(case.rows(3, first=70_000))
    case.settle()
    case.sent.remove(sent)


def import_a_file_twice(case: Case) -> None:
    """As a form's file that was stored twice under its key."""
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    case.drop(sent.body, name=sent.key.rpartition("/")[2])
    case.settle()
    case.sent.pop()
    sent.version = ""


def import_a_check(case: Case) -> None:
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    sent.mode = "check"


def undo_an_update(case: Case) -> None:
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    imported = {row.vendor_product_id for row in sent.expected.good.values()}
    rows = [row for row in case.rows(30, seed=2) if row["vendor_product_id"] in imported]
    assert case.submit(Person(case), rows, mode="update").status == 200
    case.settle()
    check(case)
    case.world.rows("UPDATE products SET price = 1 WHERE vendor_id = %s", [case.vendor()])


def undone(case: Case) -> tuple[str, str]:
    """The IDs of an upload of which one product has changed since, and of its undo."""
    [sent] = [sent for sent in case.sent if sent.dataset == "products"]
    person = Person(case)
    imported = {row.vendor_product_id for row in sent.expected.good.values()}
    rows = [row for row in case.rows(30, seed=2) if row["vendor_product_id"] in imported]
    assert case.submit(person, rows, mode="update").status == 200
    case.settle()
    upload = case.uploads()[-1]
    assert case.submit(person, case.rows(30, seed=3)[:1], mode="update").status == 200
    case.settle()
    assert person.post(f"/uploads/{upload['upload_id']}/undo/", {}).status == 200
    case.settle()
    check(case)
    return upload["upload_id"], case.uploads()[-1]["upload_id"]


def undo_to_another_value(case: Case) -> None:
    upload_id, _ = undone(case)
    case.world.rows(
        'UPDATE product_changes SET before = before || \'{"price": "0.01"}\' WHERE change_id = '
        "(SELECT max(change_id) FROM product_changes WHERE upload_id = %s)",
        [upload_id],
    )


def undo_in_silence(case: Case) -> None:
    _, undo_id = undone(case)
    case.world.rows("DELETE FROM validation_errors WHERE upload_id = %s", [undo_id])


def end_without_an_email(case: Case) -> None:
    case.world.rows(
        "UPDATE upload_history SET run = run + 1 WHERE vendor_prefix = %s", [case.vendor()]
    )


def answers(case: Case) -> list[str]:
    """The keys in the outbox of the case's vendor."""
    found = case.world.aws("s3").list_objects_v2(
        Bucket=case.world.bucket, Prefix=f"outbox/{case.vendor()}/"
    )
    return [each["Key"] for each in found["Contents"]]


def lose_an_answer(case: Case) -> None:
    [key] = [key for key in answers(case) if key.endswith(".result.json")]
    s3 = case.world.aws("s3")
    version = s3.head_object(Bucket=case.world.bucket, Key=key)["VersionId"]
    s3.delete_object(Bucket=case.world.bucket, Key=key, VersionId=version)


def answer_twice(case: Case) -> None:
    [key] = [key for key in answers(case) if key.endswith(".result.json")]
    copy_answer(case, key, key.replace(".run1.", ".run2."))


def answer_differently(case: Case) -> None:
    [key] = [key for key in answers(case) if key.endswith(".result.json")]
    case.world.aws("s3").put_object(Bucket=case.world.bucket, Key=key, Body=b"{}")


def answer_another_vendor(case: Case) -> None:
    [key] = [key for key in answers(case) if key.endswith(".received.json")]
    copy_answer(case, key, key.replace("UPLOAD_2", "UPLOAD_1"))


def copy_answer(case: Case, key: str, to: str) -> None:
    source = {"Bucket": case.world.bucket, "Key": key}
    case.world.aws("s3").copy_object(Bucket=case.world.bucket, Key=to, CopySource=source)


def lose_rows_to_fix(case: Case) -> None:
    [key] = [key for key in answers(case) if key.endswith(".rows_to_fix.csv")]
    s3 = case.world.aws("s3")
    version = s3.head_object(Bucket=case.world.bucket, Key=key)["VersionId"]
    s3.delete_object(Bucket=case.world.bucket, Key=key, VersionId=version)


def send_a_dead_letter(case: Case) -> None:
    queue = case.world.queue("ImportsDeadLetter")
    case.world.aws("sqs").send_message(QueueUrl=queue, MessageBody="{}")


def stop_listening(case: Case) -> None:
    stopping.send(case.world.pid("forwarder"), signal.SIGSTOP)


def answer_with_an_error(case: Case) -> None:
    write(case, {"name": "config.request_log", "message": "GET /uploads/ 500 in 7 ms"})


def fail_unhandled(case: Case) -> None:
    write(case, {"name": "celery", "message": "boom", "exc_info": "File …\nValueError"})


def write(case: Case, record: dict[str, str]) -> None:
    """Add a record to the log of the web process."""
    line = json.dumps({"levelname": "ERROR", **record})
    case.world.output.line("web", line.encode())


def die_before_logging(case: Case) -> None:
    case.world.output.line("web", b"Traceback (most recent call last):\nValueError: boom")


def leave_a_file(case: Case) -> None:
    (case.world.temp / "onboarding-x.upload").touch()


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (unend, "I1 .* has not ended"),
        (import_a_file_nobody_sent, "I1 .* was not sent"),
        (import_a_file_twice, "I1 .* several uploads"),
        (miscount, "I2"),
        (forget_a_row, "I3"),
        (change_a_row, "I3"),
        (undo_an_update, "I3"),
        (import_a_check, "I3 .* mode check"),
        (forget_an_error, "I3"),
        (forget_a_customer, "I3 customers not stored"),
        (change_a_client, "I3 .* has stored"),
        (forget_an_error, "I4"),
        (end_without_an_email, "I5 .* emails of 2 runs"),
        (lose_an_answer, r"I10 .* \[\] of 1 runs"),
        (end_without_an_email, "I10 .* of 2 runs"),
        (answer_twice, "I10 .* of 1 runs"),
        (answer_differently, "I10 .* 2 contents"),
        (answer_another_vendor, "I10 .* is not known"),
        (lose_rows_to_fix, "I10 .* not there"),
        (miscount, "I10 .* another"),
        (forget_a_change, "I11 .* of kinds"),
        (record_a_change_twice, "I11 .* counted"),
        (undo_to_another_value, "I12 .* had replaced"),
        (undo_in_silence, "I12 .* reported \\[\\]"),
        (send_a_dead_letter, "I6 dead letters"),
        (leave_a_file, "I7"),
        (stop_listening, "I8 not polled"),
        (answer_with_an_error, "I9 web answered"),
        (fail_unhandled, "I9 web: boom"),
        (die_before_logging, "I9 web: Traceback"),
    ],
)
def test_a_breach_is_found(case: Case, spoil: Callable[[Case], None], breach: str) -> None:
    case.drop_of_every_kind(30, bad=3)
    case.settle()
    spoil(case)
    try:
        with pytest.raises(AssertionError, match=breach):
            check(case)
    finally:
        stopping.send(case.world.pid("forwarder"), signal.SIGCONT)
        for path in case.world.temp.glob("onboarding-*"):
            path.unlink()
