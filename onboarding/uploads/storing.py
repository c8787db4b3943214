"""Puts the file of an upload into storage, and logs it."""

import logging
from typing import IO

from botocore.exceptions import BotoCoreError, ClientError

from config.logging import about
from imports.intake import receive
from imports.models import Upload

log = logging.getLogger(__name__)


def store(upload: Upload, file: IO[bytes]) -> bool:
    """Put the file into storage; False when storage did not answer.

    The upload's row stays: if the file arrived after all, it is imported; otherwise the row ends
    as NEVER_ARRIVED.
    """
    with about(upload_id=upload.upload_id, vendor_id=upload.vendor_prefix):
        try:
            receive.store(upload, file)
        except (BotoCoreError, ClientError) as error:
            log.error("the file could not be stored: %s", error)
            return False
        # With the IDs of request and upload: it connects the workers' log lines to the request's.
        log.info("stored (%s, %s bytes)", upload.dataset, upload.file_size)
    return True
