"""Findings as text, those that stop the release first."""

from collections.abc import Sequence

from deploy.aws.preflight.findings import Finding


def has_stops(found: Sequence[Finding]) -> bool:
    return any(not finding.is_note for finding in found)


def in_words(found: Sequence[Finding]) -> str:
    stops = sum(not finding.is_note for finding in found)
    ordered = sorted(found, key=lambda finding: finding.is_note)
    lines = [finding.in_words() for finding in ordered]
    return "\n".join([*lines, f"Preflight: {stops} to correct, {len(found) - stops} to know.\n"])
