"""A file that is touched while SQS answers, and the container health check that looks at its age.

    HEALTH_FILE=/tmp/health python -m config.health_file

Exit code 0: its process heard from SQS within the last minute; 1: it did not, or never has.
The check reads the one variable it needs by itself: it runs every half minute beside a process
that has a quarter of a processor, and the settings would cost it seconds.
"""

import os
import sys
import time
from pathlib import Path

# A poll waits for 20 s, and one that stays unanswered is replaced after 35 s: a process that can
# still hear does so within 55.
OLDEST = 60.0  # seconds


def touch(path: str) -> None:
    """Note that SQS has answered; an empty path notes nothing. Raises OSError."""
    if path:
        Path(path).touch()


def health_problem(path: str) -> str:
    """What is wrong with the process that touches this file; "" when it is well."""
    if not path:
        return "HEALTH_FILE is not set"
    try:
        age = time.time() - Path(path).stat().st_mtime
    except FileNotFoundError:
        return f"{path} is not there: SQS has not answered yet"
    return "" if age < OLDEST else f"SQS has not answered for {age:.0f} s"


if __name__ == "__main__":
    sys.exit(health_problem(os.environ.get("HEALTH_FILE", "")) or 0)
