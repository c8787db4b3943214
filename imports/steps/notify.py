"""Notify: the run's email becomes due, and the upload ends without waiting for it."""

from imports.execution.lease import Work
from imports.steps import ending
from imports.storage import staging


def notify(work: Work) -> None:
    """End the upload. The transaction that ends it makes its email due.

    Raises Fenced, database and botocore errors.
    """
    staging.put_upload(work.upload)
    with work.batch() as upload:
        ending.finish(upload)
