"""Customer files, generated from a seed: every run uses the same bytes."""

import csv
import io
import random
from datetime import UTC, date, datetime

LABELS = (
    "customer_id",
    "full_name",
    "email",
    "age",
    "date_of_birth",
    "phone_number",
    "country",
)
FIRST = ["Ann", "José", "Zoë", "Łukasz", "Мария", "Siobhán", "Nguyễn", "Karl", "Aiko", "Fatima"]
SYLLABLES = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "schmi", "ber", "dor", "é"]
COUNTRIES = ["Germany", "DE", "USA", "fr", "United Kingdom", "JPN", "Brazil", ""]


def customer_file(rows: int, *, seed: int) -> bytes:
    """`rows` customers with distinct IDs and names; one in fifty is invalid."""
    chance = random.Random(seed)  # noqa: S311 - test data, not a secret
    today = datetime.now(UTC).date()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(LABELS)
    for number in range(1, rows + 1):
        born = date(chance.randint(1940, 2005), chance.randint(1, 12), chance.randint(1, 28))
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        phone = f"{chance.randrange(10**10):010d}"
        writer.writerow(
            (
                number,
                f"{chance.choice(FIRST)} {''.join(chance.choices(SYLLABLES, k=6)).title()}",
                f"c{number}@mail{number % 97}.example.com",
                age if number % 50 else age + 1,
                born.isoformat(),
                phone if number % 100 else phone[:-1],
                chance.choice(COUNTRIES),
            )
        )
    return text.getvalue().encode()
