"""What to do about a row error: from the rule that found it, else from the kind of error."""

from imports.dataset import Dataset, Fixed, RowRule, Unique
from imports.validation.validate import GENERAL_REMEDIES


def remedy_for(dataset: Dataset, column: str, error_type: str) -> str:
    """The remedy for an error of this type in this column ("" for the whole row)."""
    keys: tuple[Unique | Fixed | RowRule, ...]
    keys = (*dataset.unique, *dataset.fixed, *dataset.row_rules)
    for declared in keys:
        if (declared.column, declared.code) == (column, error_type):
            return declared.remedy
    if column in dataset.by_key:
        found = dataset.by_key[column]
        for rule in (*filter(None, [found.required]), *found.rules):
            if rule.code == error_type:
                return rule.remedy
    return GENERAL_REMEDIES.get(error_type, "")
