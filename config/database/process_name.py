"""What the database calls the sessions of a serving process: `onboarding web 1234`.

So the database knows which processes are connected to it (imports/monitoring/present.py), and who
waits for whom (`pg_stat_activity`).
"""

import os

PREFIX = "onboarding"
_names: list[str] = []  # the last one counts


def call(name: str) -> None:
    """Name the sessions that this process, and processes forked from it, open from now on."""
    _names.append(name)


def as_parameters() -> dict[str, str]:
    """The name as libpq takes it; nothing for a process without one, such as a command."""
    return {"application_name": f"{PREFIX} {_names[-1]} {os.getpid()}"} if _names else {}
