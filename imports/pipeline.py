"""The pipeline, in order. This file is the table of contents of the room.

    receive → stage → load → report → notify

`receive` makes the upload's row; `advance` does one slice of the rest, again and again.
"""

import logging
from collections.abc import Callable

from config.logging import about
from imports import failures
from imports.execution import lease
from imports.execution.lease import Fenced, Work
from imports.models import Upload
from imports.steps.load import load
from imports.steps.notify import notify
from imports.steps.report import report
from imports.steps.stage import stage

log = logging.getLogger(__name__)

# Each does one bounded batch of work and moves the upload on in its own fenced transaction.
STEPS: dict[str, Callable[[Work], None]] = {
    Upload.Step.STAGE: stage,
    Upload.Step.LOAD: load,
    Upload.Step.REPORT: report,
    Upload.Step.NOTIFY: notify,
}


def advance() -> str | None:
    """Do one slice of work on the upload it is fairest to serve.

    Returns its id, or None when nothing is due. Raises nothing that a retry may mend: that is
    recorded in the row, with the time of the next attempt.
    """
    work = lease.claim()
    if work is None:
        return None
    with about(upload_id=work.upload_id, vendor_id=work.upload.vendor_prefix):
        try:
            work.stop_if_deadly()
            while not work.over:
                STEPS[work.upload.step](work)
        except Fenced:
            log.info("another worker holds this upload now; nothing was changed")
        except Exception as error:  # noqa: BLE001 - whatever it is, the row must remember it
            failures.record(work, error)
    return work.upload_id
