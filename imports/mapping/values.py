"""What a vendor said that values are to be read as. It affects no other vendor's files."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.utils.timezone import now

from imports import datasets
from imports.models import Upload, ValueMap
from imports.rules.replacements import Replacements, Value


def can_be_kept(upload: Upload) -> bool:
    """Whether values of this upload may be remembered: not those of people, which are erased."""
    return upload.vendor_id is not None and not datasets.get(upload.dataset).personal


def replacements_of(upload: Upload) -> Replacements:
    """What texts of the upload's file are to be read as, where they break a rule."""
    found: dict[str, dict[str, str]] = {}
    if can_be_kept(upload):
        known = ValueMap.objects.filter(vendor=upload.vendor_id, dataset=upload.dataset)
        for column, cell, text in known.values_list("column_name", "cell", "text"):
            found.setdefault(column, {})[cell] = text
    return found


def remember_values(upload: Upload, values: Mapping[Value, str], *, by: User | None) -> None:
    """Keep what values were said to be, for the vendor's next files."""
    if upload.vendor_id is None or not can_be_kept(upload):
        return
    at = now()
    ValueMap.objects.bulk_create(
        [
            ValueMap(
                vendor_id=upload.vendor_id,
                dataset=upload.dataset,
                column_name=value.column,
                cell=value.cell,
                text=text,
                by=by,
                at=at,
            )
            for value, text in sorted(values.items())
            if value.cell
        ],
        update_conflicts=True,
        unique_fields=["vendor", "dataset", "column_name", "cell"],
        update_fields=["text", "by", "at"],
    )
