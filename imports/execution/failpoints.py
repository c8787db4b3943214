"""Named places where a process can be made to die, as if its machine had lost power.

A no-op unless the setting CRASH_POINTS names a directory. A file `<point>.<anything>` in it is one
death at that point: whoever comes by takes the file away and kills itself. So one running system
can be walked through all points, and each death happens exactly once. The names are in the order
in which an upload passes them.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

POINTS = (
    "send.before_put",  # the web form: the row is there, the object is not
    "send.after_put",
    "receive.before_commit",  # the forwarder
    "receive.before_hint",
    "receive.before_delete",  # committed and hinted, the event is still in the queue
    "claim.after",
    "stage.after_download",
    "stage.after_items",  # of the first request, more are to come
    "stage.before_commit",
    "stage.after_commit",
    "load.after_items",  # DynamoDB has the rows of a batch, PostgreSQL does not know yet
    "load.before_commit",
    "load.before_hint",  # the slice is over, its transaction is committed
    "load.after_commit",
    "report.after_put",
    "report.before_commit",
    "report.after_commit",
    "notify.before_commit",
    "notify.after_commit",
    "notify.after_send",  # SES has it, nobody has written that down
    "failure.before_commit",
    "failure.after_commit",
    "resume.after_hint",  # the sweeps
    "find.after_receive",
    "never_arrived.before_commit",
    "clean_up.after_delete",  # the object is gone, its row does not say so
)


def failpoint(name: str) -> None:
    """Die here if somebody asked for it."""
    if not settings.CRASH_POINTS:
        return
    for order in sorted(Path(settings.CRASH_POINTS).glob(f"{name}.*")):
        try:
            order.unlink()
        except FileNotFoundError:
            continue  # another process took this death upon itself
        os.kill(os.getpid(), signal.SIGKILL)
