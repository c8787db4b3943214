"""What to do about a row error: from the rule that found it, else from the kind of error."""

from imports.rules.cells import GENERAL_REMEDIES
from imports.rules.keys import Fixed, Unique
from imports.rules.rows import RowRule
from imports.rules.schema import Schema


def remedy_for(schema: Schema, column: str, error_type: str) -> str:
    """The remedy for an error of this type in this column ("" for the whole row)."""
    keys: tuple[Unique | Fixed | RowRule, ...]
    keys = (*schema.unique, *schema.fixed, *schema.row_rules)
    for declared in keys:
        if (declared.column, declared.code) == (column, error_type):
            return declared.remedy
    if column in schema.by_key:
        found = schema.by_key[column]
        for rule in (*filter(None, [found.required]), *found.rules):
            if rule.code == error_type:
                return rule.remedy
    return GENERAL_REMEDIES.get(error_type, "")
