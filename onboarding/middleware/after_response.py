"""Work that a response must not wait for, in one thread of the web process.

It is finished before the process ends, and lost when the process is killed.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

log = logging.getLogger(__name__)
MOST_WAITING = 100
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="after-response")
_room = BoundedSemaphore(MOST_WAITING)


def after_response(work: Callable[[], object]) -> None:
    """Do it soon; errors are logged. It is dropped, and logged, when too much is waiting."""
    if not _room.acquire(blocking=False):
        log.error("too much is waiting; dropping %s", work)
        return

    def do() -> None:
        try:
            work()
        except Exception:
            log.exception("work after a response failed")
        finally:
            _room.release()

    _thread.submit(do)


def wait() -> None:
    """Return when all that waits now is done."""
    _thread.submit(int).result()
