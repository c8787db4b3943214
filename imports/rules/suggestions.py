"""Which of the known names a value was probably meant to be."""

from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import Indel

# Of 1: at 0.6, "Deutschland" is taken for "Netherlands".
MIN_SIMILARITY = 0.8


def nearest(text: str, names: Collection[str]) -> str | None:
    """The name most like the text, or None when none of them is like it."""
    match = process.extractOne(
        text, names, scorer=Indel.normalized_similarity, score_cutoff=MIN_SIMILARITY
    )
    return match[0] if match else None
