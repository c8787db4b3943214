"""Keys claimed by rows of an upload's current run, where the destination does not store them.

They are stored in PostgreSQL until the run ends, so that they hold across batches and after a kill.
"""

from collections.abc import Iterable

from imports.models import ClaimedKey, Upload
from imports.storage.postgres_copy import copy_rows


def of(upload: Upload, column: str, keys: list[str]) -> dict[str, int]:
    """Those of `keys` that earlier batches have claimed, with the row number of each."""
    claimed = ClaimedKey.objects.filter(upload=upload, column_name=column, key__in=keys)
    return dict(claimed.values_list("key", "row_number"))


def keep(upload: Upload, column: str, taken: Iterable[tuple[str, int]]) -> None:
    """Store (key, row number) for later batches, in the batch's own transaction."""
    copy_rows(
        ClaimedKey._meta.db_table,
        ["upload_id", "column_name", "key", "row_number"],
        ((upload.upload_id, column, key, row) for key, row in taken),
    )


def forget(upload: Upload) -> None:
    """Delete all claims of the upload: its run has ended or restarts."""
    ClaimedKey.objects.filter(upload=upload).delete()
