"""100,000 customers imported from the bucket, compared with a pandas script and with COPY."""

import io
import re
import time
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from django.db import connection, transaction

from bench import customer_files, uploading
from bench.table import Line
from bench.timing import in_turn
from imports.rules.countries import country as country_name

ROWS = 100_000
TWIN = "customers_by_pandas"
COLUMNS = ", ".join(customer_files.LABELS)


def measure(runs: int) -> list[Line]:
    body = customer_files.customer_file(ROWS, seed=61)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TWIN}")
        cursor.execute(f"CREATE TABLE {TWIN} (LIKE dim_customer INCLUDING ALL)")
    went_in: set[int] = set()

    def project() -> float:
        _empty("dim_customer")
        ended = uploading.drop_one(body, "customers/bench.csv")
        if ended.upload.processed_records != ROWS:
            raise uploading.NotImported(f"{ended.upload}: {ended.upload.failure_message}")
        went_in.add(ended.upload.valid_records)
        uploading.wait_for_quiet()
        return ended.seconds

    def pandas() -> float:
        _empty(TWIN)
        began = time.perf_counter()
        went_in.add(with_pandas(body))
        return time.perf_counter() - began

    def copy() -> float:
        _empty(TWIN)
        began = time.perf_counter()
        by_copy(body)
        return time.perf_counter() - began

    ours, rows, floor = in_turn(runs, project, pandas, copy)
    if len(went_in) != 1:
        raise AssertionError(f"different numbers of imported rows: {went_in}")
    return [
        Line(
            f"{ROWS:,} customers, drop into S3 to final status, 2 % invalid",
            str(ours),
            f"pandas and an INSERT per row: {rows}; COPY without rules: {floor}",
            f"{rows.median / ours.median:.1f} × faster; {ours.median / floor.median:.1f} × COPY",
            "",
            None,
        )
    ]


def with_pandas(body: bytes) -> int:
    """Check the same rules on whole columns, then INSERT each row; return the number inserted.

    No report, no email, no stored row errors; a kill loses all progress.
    """
    table = pd.read_csv(io.BytesIO(body), dtype=str, keep_default_na=False)
    number = pd.to_numeric(table.customer_id, errors="coerce")
    age = pd.to_numeric(table.age, errors="coerce")
    born = pd.to_datetime(table.date_of_birth, format="%Y-%m-%d", errors="coerce")
    today = pd.Timestamp(datetime.now(UTC).date())
    had_birthday = (born.dt.month * 100 + born.dt.day) <= today.month * 100 + today.day
    country = table.country.map({each: country_name(each) for each in table.country.unique()})
    right = (
        (number > 0)
        & table.full_name.str.fullmatch(r"[^\W\d_]+(?:[ '\-’][^\W\d_]+)*")
        & (table.full_name.str.len() <= 200)
        & table.email.str.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}", flags=re.ASCII)
        & age.between(1, 120)
        & (born.dt.year > 1900)
        & (born < today)
        & (age == today.year - born.dt.year - (~had_birthday).astype(int))
        & table.phone_number.str.fullmatch("[0-9]{10}")
        & (country.notna() | (table.country == ""))
        & ~table.duplicated(["full_name", "date_of_birth"])
    )
    rows: list[tuple[Any, ...]] = list(
        table.assign(country=country.where(country.notna(), None))[right].itertuples(index=False)
    )
    went_in = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                f"INSERT INTO {TWIN} ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s) "  # noqa: S608 - names of ours
                "ON CONFLICT DO NOTHING",
                row,
            )
            went_in += cursor.rowcount
    return went_in


def by_copy(body: bytes) -> None:
    """The minimum for PostgreSQL to import the rows, without checking any rules."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {COLUMNS} FROM {TWIN}")  # noqa: S608 - names of ours
        cursor.copy_expert(
            f"COPY incoming ({COLUMNS}) FROM STDIN (FORMAT csv, HEADER)", io.BytesIO(body)
        )
        cursor.execute(
            f"INSERT INTO {TWIN} ({COLUMNS}) SELECT {COLUMNS} FROM incoming ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
        )


def _empty(table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")
