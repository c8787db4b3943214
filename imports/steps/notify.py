"""Notify: the run's email is handed to the outbox, and the upload ends without waiting for it."""

from imports.execution.lease import Work
from imports.notifications import outbox
from imports.storage import staging


def notify(work: Work) -> None:
    """End the upload. The transaction that ends it makes its email due.

    Raises Fenced, database and botocore errors.
    """
    staging.put_upload(work.upload)
    with work.batch() as upload:
        outbox.hand_over(upload)
        upload.finish()
