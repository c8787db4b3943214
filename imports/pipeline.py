"""The steps of the pipeline, in order.

    receive → stage → load → report → notify

`receive` creates the upload's row. Each call of `advance` does one slice of the other steps. In
mode `replace` there are two more: stage → compare → load → deactivate → report. What takes back
another upload has no file: undo → report → notify.
"""

import logging
from collections.abc import Callable

from django.conf import settings

from config.logging import about
from imports import failures
from imports.execution import lease
from imports.execution.heartbeat import beating
from imports.execution.lease import Fenced, Work
from imports.execution.time_limit import time_limit
from imports.models import Upload
from imports.steps.compare import compare
from imports.steps.deactivate import deactivate
from imports.steps.load import load
from imports.steps.notify import notify
from imports.steps.report import report
from imports.steps.stage import stage
from imports.steps.undo import undo

log = logging.getLogger(__name__)

# Each step does one bounded batch of work and records its progress in a fenced transaction.
STEPS: dict[str, Callable[[Work], None]] = {
    Upload.Step.STAGE: stage,
    Upload.Step.COMPARE: compare,
    Upload.Step.LOAD: load,
    Upload.Step.DEACTIVATE: deactivate,
    Upload.Step.UNDO: undo,
    Upload.Step.REPORT: report,
    Upload.Step.NOTIFY: notify,
}


def advance() -> str | None:
    """Do one slice of work on the upload that is next in fair order.

    Returns its ID, or None when nothing is due. A failure of the slice is recorded in the
    upload's row with the time of the next attempt, and is not raised.
    """
    work = lease.claim()
    if work is None:
        return None
    with about(upload_id=work.upload_id, vendor_id=work.upload.vendor_prefix):
        try:
            work.fail_if_workers_are_lost()
            while not work.over:
                with time_limit(settings.STEP_SECONDS), beating(work):
                    STEPS[work.upload.step](work)
        except Fenced:
            log.info("another worker holds this upload now; nothing was changed")
        except Exception as error:  # noqa: BLE001 - any error must be recorded
            failures.record(work, error)
    return work.upload_id
