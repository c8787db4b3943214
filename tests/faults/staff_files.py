"""Files of clients and customers, which staff upload. The expected result is known when a file is
generated: each invalid row is generated with its error."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from tests.faults.reference import Expected
from tests.faults.world import World

Cells = tuple[str, ...]
BORN = date(1990, 4, 30)


def age_today() -> int:
    today = datetime.now(UTC).date()  # as the application counts
    return today.year - BORN.year - ((today.month, today.day) < (BORN.month, BORN.day))


class Clients:
    """Imported into DynamoDB; of two files with the same client the newer one counts."""

    dataset = "clients"
    prefix = "client-data/uploads/"
    header: Cells = ("name", "email", "company", "phone", "status")
    wrong: tuple[tuple[int, str, str, str], ...] = (
        (1, "no-at-sign", "email", "INVALID_EMAIL"),
        (0, "", "name", "REQUIRED_FIELD"),
        (4, "Sleeping", "status", "INVALID_STATUS"),
    )

    @staticmethod
    def row(tag: str, number: int) -> Cells:
        email = f"client-{number}.{tag.lower()}@clients.example"
        return f"Jo Miller {number}", email, "Miller & Sons", "0421 555 0123", "Active"

    @staticmethod
    def stored(world: World, tag: str) -> Iterator[tuple[str, Cells]]:
        """(upload, cells) of every client of this case."""
        pages = world.aws("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=world.env["CLIENTS_TABLE"]):
            for item in page["Items"]:
                if item["email"]["S"].endswith(f".{tag.lower()}@clients.example"):
                    cells = tuple(item[name]["S"] for name in Clients.header)
                    yield item["upload_id"]["S"], cells


class Customers:
    """Imported into PostgreSQL; a customer who already exists is skipped."""

    dataset = "customers"
    prefix = "customers/"
    header: Cells = (
        *("customer_id", "full_name", "email", "age", "date_of_birth", "phone_number", "country"),
    )
    wrong: tuple[tuple[int, str, str, str], ...] = (
        (0, "-7", "customer_id", "INVALID_CUSTOMER_ID"),
        (2, "no-at-sign", "email", "INVALID_EMAIL"),
        (5, "12", "phone_number", "INVALID_PHONE"),
        (3, "121", "age", "INVALID_AGE"),
    )

    @staticmethod
    def row(tag: str, number: int) -> Cells:
        letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        name = f"{as_name(tag)} {letters.capitalize()}"
        key = str(int(tag.removeprefix("S"), 16) * 10_000_000 + number)
        mail = f"{letters}@customers.example"
        return key, name, mail, str(age_today()), str(BORN), "5551234567", "Germany"

    @staticmethod
    def stored(world: World, tag: str) -> Iterator[tuple[str, Cells]]:
        found = world.rows(
            "SELECT * FROM dim_customer WHERE full_name LIKE %s", [f"{as_name(tag)} %"]
        )
        for row in found:
            yield row["upload_id"], tuple(str(row[name]) for name in Customers.header)


def as_name(tag: str) -> str:
    """The case's tag in letters, because names may contain nothing else."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in tag.removeprefix("S")).capitalize()


KINDS: dict[str, Any] = {kind.dataset: kind for kind in (Clients, Customers)}


def make(
    dataset: str, tag: str, count: int, *, bad: int, first: int, seed: int
) -> tuple[bytes, Expected]:
    """A file of `count` rows, `bad` of them invalid, and its expected result."""
    kind = KINDS[dataset]
    chance = random.Random(seed)
    broken = set(chance.sample(range(count), bad))
    expected = Expected(total=count)
    lines = [",".join(kind.header)]
    for i in range(count):
        cells = list(kind.row(tag, first + i))
        if i in broken:
            position, text, column, code = chance.choice(kind.wrong)
            cells[position] = text
            expected.errors.add((i + 2, column, code))
        else:
            expected.good[i + 2] = tuple(cells)
        lines.append(",".join(cells))
    return "\n".join(lines).encode(), expected
