"""The SQL for readers agrees with the models, and PostgreSQL accepts it."""

from django.db import connection

from docs import schema


def test_the_file_is_up_to_date() -> None:
    again = "deploy/as_in_production .venv/bin/python -m docs.schema"
    assert schema.PAGE.read_text() == schema.page(), f"update it: {again}"


def test_postgresql_accepts_it(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA for_readers")
        cursor.execute("SET LOCAL search_path TO for_readers, public")
        cursor.execute(schema.PAGE.read_text())
        cursor.execute("SELECT count(*) FROM for_readers.products")
        assert cursor.fetchone() == (0,)
