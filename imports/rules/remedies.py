"""What to do about a row error: the remedy of the requirement that it breaks."""

from imports.rules.schema import Schema


def remedy_for(schema: Schema, column: str, error_type: str) -> str:
    """The remedy for an error of this type in this column ("" for the whole row)."""
    of_codes = schema.by_error
    broken = of_codes.get((column, error_type)) or of_codes.get((None, error_type))
    return str(broken.remedy) if broken else ""
