"""A file that is touched whenever SQS answers, and the container health check that reads its age.

    HEALTH_FILE=/tmp/health python -I config/health_file.py

Exit code 0: SQS answered the process within the last minute; 1: it did not, or never has. The
check is a script that reads its one variable directly: as a module it would load Celery with its
package, 0.3 s of CPU instead of 0.04 s, every 30 seconds in each of five containers that share a
quarter of a CPU.
"""

import os
import sys
import time
from pathlib import Path

# A poll waits up to 20 s for a message, and one without an answer is replaced after 35 s. So a
# process that can reach SQS gets an answer within 55 s.
MAX_AGE_SECONDS = 60.0


def touch(path: str) -> None:
    """Record that SQS has answered; does nothing when the path is empty. Raises OSError."""
    if path:
        Path(path).touch()


def health_problem(path: str) -> str:
    """The problem of the process that touches this file; "" when it is healthy."""
    if not path:
        return "HEALTH_FILE is not set"
    try:
        age = time.time() - Path(path).stat().st_mtime
    except FileNotFoundError:
        return f"{path} does not exist: SQS has not answered yet"
    return "" if age < MAX_AGE_SECONDS else f"SQS has not answered for {age:.0f} s"


if __name__ == "__main__":
    sys.exit(health_problem(os.environ.get("HEALTH_FILE", "")) or 0)
