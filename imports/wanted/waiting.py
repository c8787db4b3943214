"""The rows that wait for categories: open rejected rows whose category is a wanted name.

They are counted in the uploads of the last WAITING_DAYS, without those whose file a later import
has read again, and without undone ones. Names are compared as the index on errors has them: without
case, and with single spaces.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.timezone import now
from django.utils.translation import ngettext

from catalog.category_names import comparable
from imports.models import CategoryRequest, Upload
from imports.reports.corrections import HAS_ROWS
from imports.reports.same_file import read_again

COLUMN = "category"  # of the data set of products
NOT_APPROVED = "INVALID_CATEGORY"
WAITING_DAYS = 90
WAITING = f"""
WITH found AS (
    SELECT wanted.name, error.upload_id, error.row_number, error.cell
    FROM unnest(%(names)s::text[]) AS wanted (name)
    CROSS JOIN LATERAL (
        -- OFFSET keeps PostgreSQL from reading all errors once for all names.
        SELECT upload_id, run, row_number, cell FROM validation_errors
        WHERE lower(regexp_replace(cell, '[[:space:]]+', ' ', 'g')) = lower(wanted.name)
            AND error_type = 'INVALID_CATEGORY' AND severity = 'error'
        OFFSET 0
    ) AS error
    JOIN upload_history AS upload
        ON upload.upload_id = error.upload_id AND upload.run = error.run
    WHERE upload.upload_timestamp > %(since)s AND upload.vendor_id IS NOT NULL
        AND (%(vendors)s::text[] IS NULL OR upload.vendor_id = ANY(%(vendors)s))
        AND NOT EXISTS (SELECT 1 FROM upload_history WHERE undoes_id = upload.upload_id)
), taken AS (
    SELECT correction.corrects_id AS upload_id,
           range_agg(int4range((rows ->> 0)::int, (rows ->> 1)::int, '[]')) AS numbers
    FROM upload_history AS correction, jsonb_array_elements(correction.corrected_rows) AS rows
    WHERE correction.corrects_id IN (SELECT upload_id FROM found)
        AND {HAS_ROWS}
    GROUP BY correction.corrects_id
)
SELECT name, upload_id, array_agg(DISTINCT cell), count(DISTINCT row_number)
FROM found LEFT JOIN taken USING (upload_id)
WHERE numbers IS NULL OR NOT row_number <@ numbers
GROUP BY name, upload_id
"""  # noqa: S608 - the part is a constant of ours


@dataclass(frozen=True)
class Waiting:
    """Rows of one upload that wait for a name, in the spellings of `cells`."""

    upload: Upload
    cells: list[str]
    rows: int


def waiting_for(
    names: Collection[str], vendors: Collection[str] | None = None
) -> dict[str, list[Waiting]]:
    """By the names as they are compared, the oldest content first; of some vendors, if given.
    Three queries, however many names."""
    asked = {
        "names": sorted(set(names)),
        "vendors": None if vendors is None else sorted(vendors),
        "since": now() - timedelta(days=WAITING_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(WAITING, asked)
        found = cursor.fetchall()
    uploads = Upload.objects.defer("plan", "mapping").in_bulk({upload for _, upload, *_ in found})
    again = read_again(list(uploads.values()))
    waiting: dict[str, list[Waiting]] = {}
    for name, upload_id, cells, rows in found:
        if upload_id in uploads and upload_id not in again:
            each = Waiting(uploads[upload_id], sorted(cells), rows)
            waiting.setdefault(comparable(name), []).append(each)
    for of_name in waiting.values():
        of_name.sort(key=lambda each: each.upload.content_order)
    return waiting


def under_review(vendor_id: str) -> Counter[str]:
    """How many rows of the vendor's uploads wait for categories that it has requested and that are
    not decided, by the uploads' IDs. One query if there are none."""
    opened = CategoryRequest.objects.filter(vendor=vendor_id, state=CategoryRequest.State.OPEN)
    names = list(opened.order_by().values_list("name", flat=True))
    rows: Counter[str] = Counter()
    for of_name in (waiting_for(names, [vendor_id]) if names else {}).values():
        for each in of_name:
            rows[each.upload.upload_id] += each.rows
    return rows


def says_under_review(rows: int) -> str:
    """How many of an upload's rows wait, as a sentence; "" if none does."""
    text = ngettext(
        "%(rows)s row waits for a category that you requested.",
        "%(rows)s rows wait for categories that you requested.",
        rows,
    )
    return text % {"rows": f"{rows:,}"} if rows else ""
