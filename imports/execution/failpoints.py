"""Named points at which a test can kill the process, as if it had lost power, or freeze it.

A no-op unless the setting FAILPOINTS names a directory. Each file `<point>.<anything>` in it
kills one process: the first to reach that point deletes the file and kills itself, or stops itself
if the file contains the word "freeze". So a test can walk one running system through all points,
with each kill exactly once. The names are in the order in which an upload reaches them.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

FREEZE = "freeze"
POINTS = (
    "send.before_commit",  # the web form and the API: there is no row yet
    "send.before_put",  # the row exists, the object does not
    "send.after_put",
    "receive.before_commit",  # the forwarder
    "receive.before_hint",
    "receive.before_delete",  # committed and hinted, the event is still in the queue
    "claim.after",
    "stage.after_download",
    "stage.after_items",  # the first request is done, more follow
    "stage.before_commit",
    "stage.after_commit",
    "compare.before_commit",  # only in mode `replace`
    "compare.after_commit",
    "load.after_items",  # DynamoDB has the rows of a batch, PostgreSQL has not counted them
    "load.before_commit",
    "load.before_hint",  # the slice has ended and is committed
    "load.after_commit",
    "deactivate.before_commit",  # only in mode `replace`
    "deactivate.after_commit",
    "undo.before_commit",
    "undo.after_commit",
    "report.after_put",
    "report.before_commit",
    "report.after_commit",
    "notify.before_commit",
    "notify.after_commit",
    "mail.after_claim",
    "mail.after_send",  # SES has the email; that is not recorded yet
    "people.after_claim",
    "people.after_send",  # SES has the invitation or notice; that is not recorded yet
    "outbox.after_claim",
    "outbox.after_files",  # error report and rows to fix are in the outbox; that is not recorded
    "outbox.after_put",
    "webhooks.after_claim",
    "webhooks.after_post",  # the vendor's program has it; that is not recorded
    "failure.before_commit",
    "failure.after_commit",
    "resume.after_hint",  # the sweeps
    "find.after_receive",
    "never_arrived.before_commit",
    "release.before_commit",  # of a held upload
    "watch_held.before_commit",
    "clean_up.after_delete",  # the object is deleted; that is not recorded yet
)


def failpoint(name: str) -> None:
    """Kill or freeze this process if a test requests it."""
    if not settings.FAILPOINTS:
        return
    for order in sorted(Path(settings.FAILPOINTS).glob(f"{name}.*")):
        try:
            freezes = order.read_text() == FREEZE
            order.unlink()
        except FileNotFoundError:
            continue  # another process was first
        os.kill(os.getpid(), signal.SIGSTOP if freezes else signal.SIGKILL)
