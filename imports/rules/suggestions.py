"""Which of the known names a value was probably meant to be."""

import re
from collections.abc import Mapping

from rapidfuzz import process
from rapidfuzz.distance import Indel

MAX_NAME_CHARACTERS = 100  # longer text is not a misspelled name, and comparing it would cost time
WORD = re.compile(r"\w+")
LEAST_WORD_CHARACTERS = 3  # "of" and "&" say nothing


def nearest(text: str, names: Mapping[str, str], *, min_similarity: float) -> str | None:
    """The name that the text was probably meant to be; None if there is no good one.

    `names` maps each name as it is compared to the name itself. A spelling mistake is likeliest, by
    Indel similarity from 0 to 1; next a name that has all words of the text, or whose words the
    text has all, if there is only one.
    """
    text = text[:MAX_NAME_CHARACTERS]
    match = process.extractOne(
        text, names.keys(), scorer=Indel.normalized_similarity, score_cutoff=min_similarity
    )
    if match:
        return names[match[0]]
    wanted = words(text)
    alike = [key for key in names if wanted and (found := words(key)) and is_part(wanted, found)]
    return names[alike[0]] if len(alike) == 1 else None


def is_part(one: set[str], other: set[str]) -> bool:
    return one <= other or other <= one


def words(text: str) -> set[str]:
    return {word for word in WORD.findall(text) if len(word) >= LEAST_WORD_CHARACTERS}
