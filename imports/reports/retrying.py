"""Whether another run of the same file can have another result."""

from imports.dataset import Dataset
from imports.models import ErrorCounts, Upload
from imports.rules.refusals import MAY_PASS_LATER


def may_differ(upload: Upload, dataset: Dataset, errors: ErrorCounts) -> bool:
    """Of a file that was refused or whose rows were rejected for nothing but what it says, another
    run says the same. Not asked of uploads that have not ended."""
    if upload.failure_code:
        return upload.failure_code in MAY_PASS_LATER
    if upload.is_undo or upload.not_processed:
        return True
    found = {kind["type"] for kind in errors.kinds}
    return not found.isdisjoint(dataset.codes_of_what_is_stored)
