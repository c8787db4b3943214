"""The form's PUT loses its reply: the file is stored once, and imported as it was sent."""

import pytest

from tests.faults.cases import Case
from tests.faults.checker import mails
from tests.faults.http_faults import REPLY_LOST
from tests.faults.people import Person
from tests.faults.world import wait_until
from tests.product_files import csv_bytes


def sent_with_lost_reply(case: Case, body: bytes, mode: str, dataset: str, who: str) -> str:
    """Send a file whose PUT is executed and not answered; the ID of its only upload, at its end,
    which must have caused one email."""
    person = Person(case, who)
    name = f"{case.tag}-{mode}-{dataset}.csv"
    rule = case.world.http.fail("s3.PUT", REPLY_LOST, when=lambda asked: name in asked.path)
    answer = person.send(body, name, mode, dataset)
    assert answer.status == 200, answer
    assert rule.hits == 1

    def uploads() -> list[str]:
        found = case.world.rows(
            "SELECT upload_id, step FROM upload_history WHERE file_name = %s", [name]
        )
        ids = [upload["upload_id"] for upload in found]
        over = all(upload["step"] == "done" for upload in found) and case.unsent().isdisjoint(ids)
        return ids if over else []

    wait_until("every upload done, its email sent", uploads, tell=case.how_it_stands)
    (upload_id,) = uploads()
    key = case.world.rows("SELECT s3_key FROM upload_history WHERE upload_id = %s", [upload_id])
    versions = case.world.aws("s3").list_object_versions(
        Bucket=case.world.bucket, Prefix=key[0]["s3_key"]
    )
    assert len(versions["Versions"]) == 1
    assert sum(name in text for _to, text in mails(case.world)) == 1
    return upload_id


def test_a_check_stays_a_check(case: Case) -> None:
    rows = case.rows(20, bad=2)
    upload_id = sent_with_lost_reply(case, csv_bytes(rows), "check", "products", "vendor")
    (upload,) = case.world.rows("SELECT * FROM upload_history WHERE upload_id = %s", [upload_id])
    assert (upload["mode"], upload["valid_records"], upload["error_records"]) == ("check", 18, 2)
    assert not case.world.rows("SELECT 1 FROM products WHERE vendor_id = %s", [case.vendor()])


def test_an_update_is_applied_once(case: Case) -> None:
    case.drop(case.rows(20))
    case.settle()
    body = csv_bytes([{"vendor_product_id": "VP-1", "price": "5.00"}])
    upload_id = sent_with_lost_reply(case, body, "update", "products", "vendor")
    (upload,) = case.world.rows("SELECT * FROM upload_history WHERE upload_id = %s", [upload_id])
    assert (upload["mode"], upload["status"]) == ("update", "completed")


@pytest.mark.parametrize("mode", ["create", "check"])
def test_the_rows_of_any_csv_are_stored_once(case: Case, mode: str) -> None:
    body = b"reading,of\n" + b"".join(b"%d,%s\n" % (n, case.tag.encode()) for n in range(30))
    upload_id = sent_with_lost_reply(case, body, mode, "csv", "staff")
    items = case.world.items(case.world.outputs["CsvDataTable"])
    ours = [item for item in items if item.get("of") == {"S": case.tag}]
    assert {item["upload_id"]["S"] for item in ours} == ({upload_id} if mode == "create" else set())
    assert len(ours) == (30 if mode == "create" else 0)
