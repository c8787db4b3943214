"""Draws docs/erd.md from the models: `deploy/as_in_production .venv/bin/python -m docs.erd`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db.models import Field, ForeignKey, Model, OneToOneField, UniqueConstraint

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "erd.md"
ABOVE = """\
# Tables

Drawn from the models by `docs/erd.py`; a test fails if a model and this page disagree. To draw it
again: `deploy/as_in_production .venv/bin/python -m docs.erd`.

Read `||--o{` as "one has any number of". A circle at the left end means "one or none". The tables
of Django (sessions, groups, log entries) and of other packages are omitted, except the users.

Some columns refer to a table without a foreign key. `upload_id` of `products`, `dim_customer` and
`metrics` names the upload that imported the row; the history of uploads is deleted in time, the
rows stay. `products.category` holds the category's name, as approved when the row was imported.

"""
BELOW = """\
## Constraints

The database rejects these, in addition to wrong keys, types and missing values:

"""
TYPES = {
    "ArrayField": "varchar[]",
    "AutoField": "serial",
    "BigAutoField": "bigserial",
    "BigIntegerField": "bigint",
    "BooleanField": "boolean",
    "DateTimeField": "timestamptz",
    "DateField": "date",
    "DecimalField": "numeric",
    "FloatField": "double",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "RangesField": "int4multirange",
    "TextField": "text",
}


def page() -> str:
    """The whole page, for the models of the rooms that are installed."""
    rules = "\n".join(rule for model in ours() for rule in refusals(model))
    return f"{ABOVE}```mermaid\n{diagram(ours())}\n```\n\n{BELOW}{rules}\n"


def ours() -> list[type[Model]]:
    """The models of our own rooms, by table."""
    rooms = [room for room in apps.get_app_configs() if Path(room.path).parent == ROOT]
    return sorted(
        (m for room in rooms for m in room.get_models() if not m._meta.proxy),
        key=lambda model: model._meta.db_table,
    )


def diagram(models: list[type[Model]]) -> str:
    """The models as a Mermaid entity relationship diagram."""
    lines = ["erDiagram", "    auth_user {", "        integer id PK"]
    lines += ["        varchar(150) username UK", "    }"]
    for model in models:
        lines += [f"    {model._meta.db_table} {{", *map(attribute, columns(model)), "    }"]
    for model in models:
        lines += [relation(column) for column in columns(model) if isinstance(column, ForeignKey)]
    return "\n".join(lines)


def columns(model: type[Model]) -> Iterator["Field[Any, Any]"]:
    return iter(model._meta.concrete_fields)


def attribute(column: "Field[Any, Any]") -> str:
    """One line of an entity: type, name, keys, and whether it may be empty."""
    marks = {
        "PK": column.primary_key,
        "FK": isinstance(column, ForeignKey),
        "UK": column.unique and not column.primary_key,
    }
    keys = ", ".join(key for key, is_so in marks.items() if is_so)
    empty = '"null"' if column.null else ""
    words = (type_of(column), column.column, keys, empty)
    return "        " + " ".join(filter(None, words))


def type_of(column: "Field[Any, Any]") -> str:
    """The column's type as PostgreSQL names it, without what Mermaid cannot read."""
    if isinstance(column, ForeignKey):
        return {"serial": "integer", "bigserial": "bigint"}.get(
            target := type_of(column.target_field), target
        )
    if column.max_length and column.get_internal_type() != "TextField":
        return f"varchar({column.max_length})"
    return TYPES[column.get_internal_type()]


def relation(column: "ForeignKey[Any, Any]") -> str:
    one = "|o" if column.null else "||"
    many = "o|" if isinstance(column, OneToOneField) else "o{"
    target = column.target_field.model._meta.db_table
    return f'    {target} {one}--{many} {column.model._meta.db_table} : "{column.name}"'


def refusals(model: type[Model]) -> Iterator[str]:
    """Each constraint of the model that is not one column's own, as Django states it."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            same = ", ".join(f"`{each}`" for each in (*constraint.fields, *constraint.expressions))
            where = f" where `{constraint.condition}`" if constraint.condition else ""
            what = f"two rows with the same {same}{where}"
        else:
            what = f"a row without `{getattr(constraint, 'condition', '')}`"
        yield f"- `{model._meta.db_table}`: {what}; `{constraint.name}`"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PAGE.write_text(page())
