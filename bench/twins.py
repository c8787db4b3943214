"""Tables with the same structure and indexes as `products`, for the references."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection, models, transaction
from psycopg2 import sql

from catalog.models import Product


def make_twin(name: str) -> None:
    """Create an empty table with the columns, defaults, checks, indexes and foreign key of
    `products`, replacing an older one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "DROP TABLE IF EXISTS {twin};"
                "CREATE TABLE {twin} (LIKE products INCLUDING ALL);"
                "ALTER TABLE {twin} ADD FOREIGN KEY (vendor_id) REFERENCES vendors "
                "DEFERRABLE INITIALLY DEFERRED"
            ).format(twin=sql.Identifier(name))
        )


def empty_twin(name: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(name)))


def twin_model(
    name: str, validators: Mapping[str, list[Callable[[Any], None]]]
) -> type[models.Model]:
    """A model of the twin: the fields of `Product` with these validators."""
    meta = type("Meta", (), {"managed": False, "db_table": name, "app_label": "catalog"})
    fields: dict[str, Any] = {}
    for field in Product._meta.local_fields:
        _, _, arguments, options = field.deconstruct()
        options["validators"] = validators.get(field.name, [])
        fields[field.name] = type(field)(*arguments, **options)
    return type("Twin", (models.Model,), {"__module__": __name__, "Meta": meta, **fields})
