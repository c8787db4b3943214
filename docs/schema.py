"""Writes docs/schema.sql: `deploy/as_in_production .venv/bin/python -m docs.schema`."""

import os
import re
from pathlib import Path
from typing import Any

import django

from docs import erd

PAGE = Path(__file__).with_name("schema.sql")
HEAD = """\
-- Our tables in PostgreSQL, for readers. Migrations create the real ones; docs/schema.py writes
-- this file from the models, and a test fails if they disagree.

"""


def page() -> str:
    """The statements that create our function and our tables, then indexes and foreign keys."""
    # Django must be set up before its database modules are imported.
    from django.db import connection  # noqa: PLC0415
    from django.db.backends.postgresql.schema import DatabaseSchemaEditor  # noqa: PLC0415

    from catalog.search import PRODUCT_WORDS_FUNCTION  # noqa: PLC0415

    statements: list[str] = []

    class Collecting(DatabaseSchemaEditor):
        """Keeps statements instead of executing them, which needs no database."""

        def execute(self, sql: Any, params: Any = ()) -> None:
            statements.append(str(sql) % tuple(map(self.quote_value, params or ())))

    editor = Collecting(connection, atomic=False)
    editor.deferred_sql = []
    for model in erd.ours():
        editor.create_model(model)
    tables = [readable(each) for each in statements]
    others = sorted(readable(str(each)) for each in editor.deferred_sql)
    return (
        HEAD
        + PRODUCT_WORDS_FUNCTION
        + "\n"
        + "\n\n".join(tables)
        + "\n\n"
        + "\n".join(others)
        + "\n"
    )


def readable(statement: str) -> str:
    """The statement with a line for each column, and without quotation marks it can do without."""
    plain = re.sub(r'"(?!to")([a-z_][a-z0-9_]*)"', r"\1", statement)  # "to" is a word of SQL
    plain = re.sub(r"\s+", " ", plain).rstrip(" ;") + ";"
    if not plain.startswith("CREATE TABLE"):
        return plain
    table, _, columns = plain.partition(" (")
    lines = [""]
    depth = 0
    for character in columns.removesuffix(");"):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            lines.append("")
        else:
            lines[-1] += character
    return f"{table} (\n    " + ",\n    ".join(map(str.strip, lines)) + "\n);"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
