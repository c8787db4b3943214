"""A history of 10,000 uploads and a catalog of 20,000 products: a constant number of queries, none
of them slow.

A query's seconds are those its server process computed for: on a busy machine the rest is waiting.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.timing import computed_seconds, server_process
from imports.models import Upload
from tests.onboarding.conftest import Browse, make_upload, text_of
from vendors.models import Vendor

LONGEST = 0.1  # seconds of a processor, for one query
TRIES = 5
MOST = 16  # queries of one page
UPLOADS = 10_000
ERRORS = 30_000
LISTS = (
    "",
    "?page=200",
    "?q=file-77&status=completed",
    "?status=partial&page=50",
    "?since=2026-01-02&until=2026-01-03",
)
INDEXES = (
    *("upload_history_to_do", "upload_history_same_file", "upload_history_imports"),
    *("products_of_vendor", "products_vendors_inactive"),
)
# The planner looks at no other index of these tables, so its choice does not depend on their sizes.
ONLY_INDEXES = """
UPDATE pg_index SET indisvalid = indexrelid = ANY(%s::regclass[])
WHERE indrelid IN ('upload_history'::regclass, 'products'::regclass)
"""


@contextmanager
def timed_queries() -> Iterator[list[tuple[float, str]]]:
    """The queries of the block, each with its seconds."""
    taken: list[tuple[float, str]] = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    server = server_process()

    def time_it(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        started = computed_seconds(server)
        try:
            return execute(sql, *rest)
        finally:
            taken.append((computed_seconds(server) - started, sql))

    with connection.execute_wrapper(time_it):
        yield taken


@pytest.fixture
def many(vendor_a: Vendor, vendor_b: Vendor) -> str:
    """10,000 uploads of two vendors; returns the id of one with 30,000 errors."""
    template = make_upload(0, vendor_a)
    others = {
        "upload_id": "'UPLOAD_20260101_000000_' || upper(lpad(to_hex(n), 6, '0'))",
        "vendor_id": "CASE WHEN n %% 2 = 0 THEN 'VEND001' ELSE 'VEND002' END",
        "file_name": "'file-' || n || '.csv'",
        "s3_key": "'uploads/' || n",
        "status": "(ARRAY['completed', 'partial', 'failed'])[1 + n %% 3]",
        "upload_timestamp": "timestamptz '2026-01-01 00:00Z' + n * interval '1 minute'",
    }
    columns = [str(field.column) for field in Upload._meta.concrete_fields]
    values = ", ".join(others.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO upload_history ({', '.join(columns)}) SELECT {values} "
            "FROM upload_history, generate_series(1, %s) AS n",
            [UPLOADS],
        )
        cursor.execute(
            """
            INSERT INTO validation_errors
                (upload_id, run, row_number, column_name, error_type, error_message, original_data)
            SELECT %s, 1, 2 + n / 3, (ARRAY['price', 'stock_quantity', 'category'])[1 + n %% 3],
                (ARRAY['INVALID_PRICE', 'INVALID_STOCK', 'INVALID_CATEGORY'])[1 + n %% 3], 'wrong',
                CASE WHEN n %% 3 = 0 THEN '{"Price": "x"}'::jsonb END
            FROM generate_series(0, %s - 1) AS n
            """,
            [template.upload_id, ERRORS],
        )
        cursor.execute("ANALYZE upload_history, validation_errors")
    return template.upload_id


def test_no_page_is_slow_and_the_number_of_queries_is_the_same_for_all_lists(
    many: str, alice: User, reviewer: User, browse: Browse
) -> None:
    for person in (alice, reviewer):
        client = browse(person)
        lists = {len(queries_of(client, f"/uploads/{query}")) for query in LISTS}
        assert len(lists) == 1
        for query in ("", "?page=1500", "?type=INVALID_STOCK&page=400"):
            assert len(queries_of(client, f"/uploads/{many}/{query}")) <= MOST


RECENT = """
UPDATE upload_history SET status = CASE WHEN %s THEN status ELSE 'completed' END,
    upload_timestamp = now() - interval '25 days' * (ctid::text::point)[0] / 5000,
    completed_at = now()
"""
PRODUCTS = """
INSERT INTO products (vendor_id, vendor_product_id, product_name, category, sku, price,
    stock_quantity, status)
SELECT 'VEND001', n, 'Mouse', 'Audio', n, 1, 1,
    CASE WHEN n % 9 = 0 THEN 'inactive' ELSE 'active' END
FROM generate_series(1, 20000) AS n
"""


@pytest.mark.parametrize("with_tasks", [True, False])
@pytest.mark.usefixtures("many")
def test_the_first_page_is_not_slow_however_much_there_is(
    with_tasks: bool, alice: User, bob: User, reviewer: User, browse: Browse
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RECENT, [with_tasks])
        cursor.execute(PRODUCTS)
        cursor.execute("ANALYZE upload_history, products")
    for person in (alice, bob, reviewer):
        taken = queries_of(browse(person), "/")
        assert len(taken) <= MOST
    page = text_of(browse(alice).get("/"))
    assert "10,000+" in page
    assert ("These are from the newest 200 uploads" in page) == with_tasks


@pytest.mark.usefixtures("many")
def test_the_queries_of_the_first_page_have_their_indexes(alice: User, browse: Browse) -> None:
    """A partial index serves only the conditions that it was created with."""
    client = browse(alice)
    with connection.cursor() as cursor:
        cursor.execute(RECENT, [True])
        cursor.execute(PRODUCTS)
        cursor.execute("ANALYZE upload_history, products")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        plans = ""
        with transaction.atomic():
            cursor.execute(ONLY_INDEXES, [list(INDEXES)])
            cursor.execute("SET LOCAL enable_seqscan = off")
            for query in queries:
                if "upload_history" in query["sql"] or "products" in query["sql"]:
                    cursor.execute(f"EXPLAIN {query['sql']}")
                    plans += "\n".join(line for (line,) in cursor.fetchall())
            transaction.set_rollback(True)  # foreign keys are checked by the other indexes
    for index in INDEXES:
        assert index in plans


def queries_of(client: Client, path: str) -> list[tuple[float, str]]:
    """The queries of a page. No one is slow, at the best of a few tries on a busy machine."""
    client.get(path)  # the first request of a process loads templates
    for _ in range(TRIES):
        with timed_queries() as taken:
            assert client.get(path).status_code == 200
        if max(taken)[0] < LONGEST:
            break
    assert max(taken)[0] < LONGEST, (path, max(taken))
    return taken
