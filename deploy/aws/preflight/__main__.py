"""Checks an account before a release, and changes nothing: `python -m deploy.aws.preflight`.

Exit code: 0, or 1 if something would stop a release.
"""

import sys
import tempfile
from pathlib import Path

import boto3

from deploy.aws import choices, deployment
from deploy.aws.preflight.asking import find
from deploy.aws.preflight.report import has_stops, in_words
from deploy.aws.synth import synthesize


def main() -> int:
    context = choices.read()
    chosen = deployment.read(context)
    with tempfile.TemporaryDirectory() as made:
        templates = Path(made)
        synthesize(**{chosen.layout.key: templates})
        found = find(chosen, context, templates, boto3.Session(region_name=chosen.region))
    sys.stdout.write(in_words(found))
    return int(has_stops(found))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except deployment.NotDeployable as problem:
        sys.exit(str(problem))
