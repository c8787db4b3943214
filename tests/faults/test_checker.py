"""The checker finds violations, and none in a system without faults."""

from collections.abc import Callable

import pytest

from tests.faults.cases import Case
from tests.faults.checker import check
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


def leave_a_file(case: Case) -> None:
    (case.world.temp / "onboarding-x.upload").touch()


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (forget_a_row, "I3"),
        (change_a_row, "I3"),
        (forget_an_error, "I3"),
        (forget_an_error, "I4"),
        (miscount, "I2"),
        (unend, "I1"),
        (leave_a_file, "I7"),
        (forget_a_customer, "I3 customers not stored"),
        (change_a_client, "I3 .* has stored"),
    ],
)
def test_a_breach_is_found(case: Case, spoil: Callable[[Case], None], breach: str) -> None:
    case.drop_of_every_kind(30, bad=3)
    case.settle()
    spoil(case)
    with pytest.raises(AssertionError, match=breach):
        check(case)
    for path in case.world.temp.glob("onboarding-*"):
        path.unlink()
