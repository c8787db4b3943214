"""Writes docs/openapi.json: what the REST API takes and answers, for programs.

deploy/as_in_production .venv/bin/python -m docs.openapi
"""

import json
import os
from pathlib import Path

import django

PAGE = Path(__file__).with_suffix(".json")


def text() -> str:
    """The document, as it is committed. Django must be set up."""
    from onboarding.api.api import api  # noqa: PLC0415 - needs the settings

    return json.dumps(api.document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PAGE.write_text(text())
