"""Which of the known names a value was probably meant to be."""

from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import Indel


def nearest(text: str, names: Collection[str], *, min_similarity: float) -> str | None:
    """The name most like the text, by Indel similarity from 0 to 1; None when all are below
    `min_similarity`."""
    match = process.extractOne(
        text, names, scorer=Indel.normalized_similarity, score_cutoff=min_similarity
    )
    return match[0] if match else None
