"""What is answered: that a file has arrived, and how each run has ended.

Each answer is a row, made in the transaction in which it happened. writing.py writes the files.
"""

import re

from django.db import transaction

from imports.datasets import all_datasets
from imports.execution.hints import send_mail_hint
from imports.models import OutboxFile, Upload
from imports.outbox import contents
from vendors.models import VENDOR_ID

Kind = OutboxFile.Kind


def file_arrived(upload: Upload) -> None:
    """Answer that the upload's file has arrived; once, however often its event does."""
    if has_outbox(upload):
        key, content = contents.received_key(upload), contents.received(upload)
        _answer(OutboxFile(upload=upload, kind=Kind.RECEIVED, key=key, content=content))
        transaction.on_commit(send_mail_hint, robust=True)


def run_ended(upload: Upload) -> None:
    """Answer how the upload's run has ended; once for each run. The hint comes with the finish."""
    if has_outbox(upload):
        _answer(
            OutboxFile(
                upload=upload,
                run=upload.run,
                kind=Kind.RESULT,
                key=contents.result_key(upload, upload.run),
                content=contents.result(upload),
                lacks_files=bool(upload.error_records),
                report_key=upload.error_file_s3_key,
                report_version=upload.error_file_version,
            )
        )


def has_outbox(upload: Upload) -> bool:
    """Whether a vendor can read an answer: the upload's prefix is a vendor's ID, which we may not
    know yet. Files of personal data get none, because an outbox is not erased."""
    dataset = all_datasets().get(upload.dataset)
    is_personal = dataset is not None and dataset.personal
    return re.fullmatch(VENDOR_ID, upload.vendor_prefix) is not None and not is_personal


def _answer(file: OutboxFile) -> None:
    file.queue()
    OutboxFile.objects.bulk_create([file], ignore_conflicts=True)
