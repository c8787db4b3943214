"""Waiting for an upload's end, for commands."""

import time
from collections.abc import Callable

from imports.models import Notification, Upload

POLL_INTERVAL_SECONDS = 0.05


class TimedOut(Exception):
    """The upload did not get that far in time; `upload` is its last state, if there is one."""

    def __init__(self, upload: Upload | None) -> None:
        self.upload = upload
        super().__init__("the upload has not ended in time")


def has_final_status(upload: Upload) -> bool:
    return upload.completed_at is not None


def is_done(upload: Upload) -> bool:
    """The email has been sent, too, or given up."""
    unsent = upload.notifications.filter(state__in=Notification.UNSENT)
    return upload.step == Upload.Step.DONE and not unsent.exists()


def wait_for(which: dict[str, str], until: Callable[[Upload], bool], *, seconds: float) -> Upload:
    """The one upload that `which` finds, as soon as `until` is true of it. Raises TimedOut."""
    deadline = time.monotonic() + seconds
    while True:
        upload = Upload.objects.filter(**which).first()
        if upload is not None and until(upload):
            return upload
        if time.monotonic() > deadline:
            raise TimedOut(upload)
        time.sleep(POLL_INTERVAL_SECONDS)
