"""Keys that the rows of an upload's run have taken, where the destination itself cannot tell.

Kept in PostgreSQL until the run ends, so that they hold across batches and after a kill.
"""

from collections.abc import Iterable

from imports.models import ClaimedKey, Upload
from imports.storage.postgres_copy import copy_rows


def of(upload: Upload, column: str, keys: list[str]) -> dict[str, int]:
    """Which of `keys` rows of earlier batches have taken, and which rows."""
    claimed = ClaimedKey.objects.filter(upload=upload, column_name=column, key__in=keys)
    return dict(claimed.values_list("key", "row_number"))


def keep(upload: Upload, column: str, taken: Iterable[tuple[str, int]]) -> None:
    """Remember (key, row number) for later batches, in the batch's own transaction."""
    copy_rows(
        ClaimedKey._meta.db_table,
        ["upload_id", "column_name", "key", "row_number"],
        ((upload.upload_id, column, key, row) for key, row in taken),
    )


def forget(upload: Upload) -> None:
    """The run has ended, or starts again."""
    ClaimedKey.objects.filter(upload=upload).delete()
