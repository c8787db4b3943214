"""Whether a file that a schedule has found is much smaller than its files usually are."""

from statistics import median

from imports.models import Upload
from imports.models.upload import IS_ENDED_IMPORT
from imports.rules.holds import HOLDS, Finding

LAST = 5  # files that are compared with
ENOUGH = 3


def tiny_file(upload: Upload, limit: int) -> Finding | None:
    """`limit`: percent of the usual number of rows; 0 for never."""
    if upload.schedule_id is None or not limit:
        return None
    earlier = Upload.objects.filter(
        IS_ENDED_IMPORT,
        schedule=upload.schedule_id,
        vendor=upload.vendor_id,
        upload_timestamp__lt=upload.upload_timestamp,
        total_records__gt=0,
    )
    sizes = list(earlier.values_list("total_records", flat=True)[:LAST])
    if len(sizes) < ENOUGH:
        return None
    usual = int(median(sizes))
    if usual < HOLDS["TINY_FILE"].least or upload.total_records * 100 >= limit * usual:
        return None
    detail = {"count": f"{upload.total_records:,}", "usual": f"{usual:,}"}
    return Finding("TINY_FILE", "tiny", detail, upload.total_records)
