"""Any texts are the same ones as an array."""

from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports.storage.postgres_arrays import array_of

storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
texts = st.one_of(
    storable, st.sampled_from(["", "NULL", "{}", '"', "\\", '\\"', "a,b", " a ", "'"])
)


@pytest.mark.django_db
@given(st.lists(texts, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_texts_are_read_as_they_were_written(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [array_of(values)])
        assert cursor.fetchone() == (values,)


@pytest.mark.django_db
def test_other_values_are_read_by_their_type() -> None:
    days = [date(2026, 1, 31), date(1, 1, 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::bigint[], %s::date[]", [array_of([1, -(2**63)]), array_of(days)])
        assert cursor.fetchone() == ([1, -(2**63)], days)
