"""Which known word a misspelled one is: the only one that differs by one slip of the keyboard."""

import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import Indel

MIN_SIMILARITY = 0.9  # by Indel: one letter more or less in six, another letter in ten
SWAPPED = 2  # Indel distance of a word with one letter in another place
MIN_LETTERS = 5  # a mistake in a shorter word makes another word: tops, toys


class Spelling:
    """Corrects words to known ones: a letter too many or too few, doubled or in another place, or
    another letter in a long word. The first letter counts as right."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_first: dict[str, list[str]] = defaultdict(list)
        self._by_letters: dict[str, set[str]] = defaultdict(set)
        self._by_single: dict[str, set[str]] = defaultdict(set)
        self._known: dict[str, str] = {}
        for word in filter(str.isalpha, self._words):
            self._by_first[word[0]].append(word)
            self._by_letters["".join(sorted(word))].add(word)
            self._by_single[without_doubles(word)].add(word)

    def correct(self, listed: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The parts in words of the list; none if a word is not nearly one of them."""
        corrected = [tuple(map(self._word, part)) for part in listed]
        return corrected if all(map(all, corrected)) else []

    def _word(self, word: str) -> str:
        if word not in self._known:
            self._known[word] = word if word in self._words else only(self._near(word))
        return self._known[word]

    def _near(self, word: str) -> set[str]:
        if len(word) < MIN_LETTERS or not word.isalpha():
            return set()
        alike = process.extract(
            word,
            self._by_first.get(word[0], []),
            scorer=Indel.normalized_similarity,
            score_cutoff=MIN_SIMILARITY,
            limit=2,
        )
        swapped = self._by_letters.get("".join(sorted(word)), set())
        return {
            *(each for each, _, _ in alike),
            *(each for each in swapped if Indel.distance(word, each) <= SWAPPED),
            *self._by_single.get(without_doubles(word), set()),
        }


def without_doubles(word: str) -> str:
    """The word with single letters only: footwear and foottwear are the same."""
    return re.sub(r"(.)\1+", r"\1", word)


def only(found: set[str]) -> str:
    """The one that was found; "" if there are none or several."""
    return next(iter(found)) if len(found) == 1 else ""
