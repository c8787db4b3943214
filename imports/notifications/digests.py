"""What ends up in daily digests: the runs that have ended, each as it has ended."""

from imports.dataset import Dataset
from imports.models import DigestRun, Upload
from imports.notifications.recipients import Recipient
from imports.reports.outcome import outcome


def add(upload: Upload, dataset: Dataset, readers: list[Recipient]) -> None:
    """The next digest of each reader lists the upload's run. In the transaction that ends it."""
    if not readers:
        return
    said = {
        "ended_at": upload.completed_at,
        "status": upload.status,
        "only_check": upload.is_check,
        "outcome": outcome(upload, dataset),
        "total_records": upload.total_records,
        "imported_records": upload.imported_records,
        "error_records": upload.error_records,
    }
    DigestRun.objects.bulk_create(
        [DigestRun(user=each.person, upload=upload, run=upload.run, **said) for each in readers],
        ignore_conflicts=True,
    )
