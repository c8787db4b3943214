"""The rules of a data set as JSON Schema, made from its declarations."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from imports.dataset import Dataset
from imports.rules.columns import Column

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(dataset: Dataset) -> dict[str, Any]:
    """The schema of a row whose members are the keys of columns, to create a record.

    A row that it rejects would get an error, if it is written as programs write: the pipeline also
    takes other ways to write the same, and knows what is already stored.
    """
    page = settings.PORTAL_URL + reverse("help_schema", args=[dataset.key])
    return {
        "$schema": DIALECT,
        "$id": page,
        "title": dataset.title,
        "description": f"A row of {dataset.nouns}. All rules: {page}",
        "type": "object",
        "required": [column.key for column in dataset.columns if column.required],
        "properties": {column.key: column_schema(column) for column in dataset.columns},
        "additionalProperties": not dataset.any_columns or {"type": "string"},
    }


def column_schema(column: Column) -> dict[str, Any]:
    """Of a cell. An optional one may be empty."""
    fragments = [dict(rule.json_schema) for rule in column.rules]
    found: dict[str, Any] = {}
    others = []
    for fragment in fragments:
        if found.keys().isdisjoint(fragment):
            found |= fragment
        else:
            others.append(fragment)
    if others:
        found["allOf"] = others
    found = {"type": "string", **found}
    if column.required:
        if "string" in found["type"]:
            found["minLength"] = 1
    else:
        found = {"anyOf": [found, {"enum": ["", None]}]}
    about = "; ".join(str(rule.in_words) for rule in column.rules)
    return {
        "title": column.label,
        "description": f"{column.about} {about}".strip(),
        **({"examples": [column.example]} if column.example else {}),
        **found,
    }
