"""`python -m bench [what …] [--runs N] [--write]`; see docs/bench.md."""

import argparse
import json
import logging
import os
import platform
import signal
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import django
from django.utils.module_loading import import_string

from bench.system import CannotStart, own_system
from bench.table import Line, as_text, write_into
from deploy.local.places import CHECKOUT

ALL = (
    *(
        "upload",
        "api",
        "webhooks",
        "workbook",
        "load",
        "updates",
        "fix",
        "crowd",
        "memory",
        "clients",
        "customers",
        "metrics",
        "csv",
    ),
    "pages",
    "rehearsal",
)
RESULTS = CHECKOUT / ".local" / "bench-results.json"
PAGE = CHECKOUT / "docs" / "bench.md"


def main() -> int:
    asked = _arguments()
    # SIGTERM ends this as cleanly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lines: list[Line] = []
    try:
        with own_system() as system:
            os.environ.update(system.env, DJANGO_SETTINGS_MODULE="config.settings")
            django.setup()
            logging.getLogger().setLevel(logging.ERROR)
            about = _about()
            _say(f"{about}\n\n")
            # Models can be imported only after django.setup().
            measure = import_string("bench.everything.measure")
            for measured in measure(asked.what or ALL, asked.runs, system):
                lines += measured
                _say(as_text(measured))
    except CannotStart as problem:
        _say(f"Cannot start: {problem}\n")
        return 1
    _say(f"\n{as_text(lines)}")
    result = {"about": about, "lines": [asdict(line) for line in lines]}
    RESULTS.write_text(json.dumps(result, indent=2, ensure_ascii=False))
    if asked.write:
        write_into(PAGE, about, lines)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The performance table.")
    parser.add_argument(
        "what",
        nargs="*",
        choices=[*ALL, []],  # argparse also checks the empty list
        metavar="what",
        help=f"{', '.join(ALL)}; default: all",
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--write", action="store_true", help="write the table to docs/bench.md")
    return parser.parse_args()


def _about() -> str:
    """Date, machine and commit of the measurement."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load average {load:.1f} at the start. "
        "Medians; the fastest and the slowest run in parentheses."
    )


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
