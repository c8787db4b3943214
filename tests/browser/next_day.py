"""Makes the digests that are due in a day, in a running system, and prints how many.

LOCAL_DIR=… python -m tests.browser.next_day
"""

import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    from imports.execution.clock import database_now
    from imports.maintenance.digests import make_digests

    print(make_digests(database_now() + timedelta(days=1)))  # noqa: T201 - what it is for


if __name__ == "__main__":
    django.setup()
    main()
