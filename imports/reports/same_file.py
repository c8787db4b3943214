"""Which uploads are of one file: those of its name, and of the name under which its rows to fix are
downloaded."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from django.db import connection
from django.utils.translation import gettext

from imports.models import Upload

EXTENSIONS = ("csv", "xlsx")
# The newest import of each name is one entry of an index (HAS_READ_ITS_ROWS).
READ_AGAIN = """
SELECT DISTINCT upload.upload_id
FROM unnest(%s::text[], %s::text[]) AS wanted (upload_id, file_name)
JOIN upload_history AS upload USING (upload_id)
CROSS JOIN LATERAL (
    SELECT upload_timestamp FROM upload_history
    WHERE vendor_prefix = upload.vendor_prefix AND dataset = upload.dataset
        AND file_name = wanted.file_name
        AND completed_at IS NOT NULL AND NOT (only_check OR mode = 'check') AND NOT (mode = 'undo')
        AND failure_code = '' AND corrects_id IS NULL
        AND status IN ('completed', 'partial', 'failed')
    ORDER BY upload_timestamp DESC LIMIT 1
) AS newest
WHERE newest.upload_timestamp > upload.upload_timestamp
"""


def original_stem(file_name: str) -> str:
    """The name without its extension, and without what we add to that of the rows to fix and of
    those that were corrected."""
    stem = PurePosixPath(file_name).stem
    return stem.removesuffix(gettext(" - rows to fix")).removesuffix(gettext(" - corrected"))


def rows_to_fix_name(file_name: str, extension: str) -> str:
    """What the rejected rows of a file of this name are downloaded as."""
    return original_stem(file_name) + gettext(" - rows to fix") + f".{extension}"


def corrected_name(file_name: str) -> str:
    """What the corrected rows of a file of this name are sent as."""
    return original_stem(file_name) + gettext(" - corrected") + ".csv"


def file_of(upload: Upload) -> tuple[str, str, str]:
    """The same for all uploads of one file."""
    return upload.vendor_prefix, upload.dataset, original_stem(upload.file_name)


def names_of(upload: Upload) -> Iterator[str]:
    """The names under which the file may come again."""
    yield upload.file_name
    for extension in EXTENSIONS:
        yield f"{original_stem(upload.file_name)}.{extension}"
        yield rows_to_fix_name(upload.file_name, extension)


def read_again(uploads: Sequence[Upload]) -> set[str]:
    """The IDs of those whose file a later import has read to its end."""
    names = [(each.upload_id, name) for each in uploads for name in names_of(each)]
    if not names:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(READ_AGAIN, [list(column) for column in zip(*names, strict=True)])
        return {upload_id for (upload_id,) in cursor.fetchall()}
