"""Staff's lists of customers and metrics: found by whole ids and names, through an index."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.admin.conftest import list_of, make_customer, make_metric
from warehouse.models import Customer, Metric


def names(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("", [3, 2, 1]),
        ("2", [2]),
        ("Ann Lee 3", [3]),
        ("UPLOAD_1", [2, 1]),
        ("Ann", []),
        ("9" * 30, []),
        ("-1", []),
        ("\N{SUPERSCRIPT TWO}", []),
    ],
)
def test_customers_are_found(as_admin: Client, term: str, found: list[int]) -> None:
    for number in (1, 2, 3):
        make_customer(number, upload_id="UPLOAD_1" if number < 3 else "UPLOAD_2")
    shown = names(as_admin, f"{list_of(Customer)}?q={term}")
    assert shown == [f"{number} · Ann Lee {number}" for number in found]


def test_metrics_are_found_the_newest_first(as_admin: Client) -> None:
    early, late = make_metric(1), make_metric(3)
    make_metric(2, name="disk", upload_id="UPLOAD_1")
    late_but_first = make_metric(0)
    assert names(as_admin, f"{list_of(Metric)}?q=cpu") == [
        str(late),
        str(early),
        str(late_but_first),
    ]
    assert names(as_admin, f"{list_of(Metric)}?q=UPLOAD_1") == [
        str(Metric.objects.get(name="disk"))
    ]
    assert names(as_admin, list_of(Metric))[0] == str(late_but_first)


@pytest.mark.parametrize("query", ["", "?q=host-7", "?q=UPLOAD_3"])
def test_no_list_reads_a_table_of_many_metrics_from_end_to_end(
    as_admin: Client, query: str
) -> None:
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if '"metrics"' in sql and sql.startswith("SELECT"):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics (name, value, timestamp, upload_id, upload_row) "
            "SELECT 'host-' || n % 100, n, now() - make_interval(secs => n), "
            "'UPLOAD_' || n / 20000, n FROM generate_series(1, 200000) AS n"
        )
        cursor.execute("ANALYZE metrics")
    with connection.execute_wrapper(explain):
        assert as_admin.get(f"{list_of(Metric)}{query}").status_code == 200
    assert plans
    # Up to the bound of the count, a scan of the first pages is the quickest there is.
    assert [plan for plan in plans if "Seq Scan" in plan and "Limit" not in plan] == []
