"""What to do about a row error: from the rule that found it, else from the kind of error."""

from imports.dataset import Dataset
from imports.judging import GENERAL_REMEDIES


def remedy_for(dataset: Dataset, column: str, error_type: str) -> str:
    """The remedy for an error of this type in this column ("" for the whole row)."""
    for declared in (*dataset.unique, *dataset.fixed):
        if (declared.column, declared.code) == (column, error_type):
            return declared.remedy
    if column in dataset.by_key:
        found = dataset.by_key[column]
        rules = (*((found.required,) if found.required else ()), *found.rules)
        for rule in rules:
            if rule.code == error_type:
                return rule.remedy
    return GENERAL_REMEDIES.get(error_type, "")
