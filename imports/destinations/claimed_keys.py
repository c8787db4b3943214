"""Keys claimed by rows of an upload's current run, where the destination does not store them.

They are stored in PostgreSQL until the run ends, so that they hold across batches and after a kill.
"""

from collections.abc import Iterable

from django.db import connection

from imports.models import ClaimedKey, Upload
from imports.storage.postgres_arrays import array_of
from imports.storage.postgres_copy import copy_rows


def of(upload: Upload, column: str, keys: list[str]) -> dict[str, int]:
    """Those of `keys` that earlier batches have claimed, with the row number of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, row_number FROM claimed_keys "
            "WHERE upload_id = %s AND column_name = %s AND key = ANY(%s::text[])",
            [upload.upload_id, column, array_of(keys)],
        )
        return dict(cursor.fetchall())


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
