"""Which approved name a text was probably meant to be: right or absent.

A suggestion is selected for the vendor before anyone has read it, so each step prefers none to a
doubtful one (docs/decisions/0087-suggestions-are-right-or-absent.md).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

from catalog.category_names import comparable
from imports.rules.spelling import Spelling, only

MAX_NAME_CHARACTERS = 100  # longer text is no name, and comparing it would cost time
ABBREVIATION = 2  # letters that may mean several things: TV, PC
PATH = re.compile(r"->|::|[>»›→|/\\]")
LIST = re.compile(r"[&+,;/]|\b(?:and|und|et|y)\b")
WORD = re.compile(r"[^\W_]+")
STOP_WORDS = frozenset({"a", "an", "for", "in", "of", "the", "with"})
# Words, in the singular, that do not say which products: "Audio equipment" is "Audio".
UNSPECIFIC = frozenset(
    {
        *("all", "article", "assorted", "care", "category", "collection", "department"),
        *("equipment", "general", "good", "item", "misc", "miscellaneous", "more", "new"),
        *("other", "product", "sale", "shop", "store", "supply", "various"),
    }
)

Words = tuple[str, ...]


class Suggestions:
    """Approved names, and the synonyms that lead to them, indexed by their words."""

    def __init__(self, names: Iterable[str], synonyms: Mapping[str, str]) -> None:
        approved = {comparable(name): name for name in names}
        self._exact = {comparable(text): name for text, name in synonyms.items()} | approved
        self._by_all_words: dict[frozenset[str] | str, set[str]] = defaultdict(set)
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._written: set[Words] = set()  # parts with all their words
        self._by_ending: dict[Words, set[str]] = defaultdict(set)  # "Games" of "Video Games"
        self._parts: dict[str, list[set[Words]]] = defaultdict(list)  # "Toys" of "Toys & Games"
        for text, name in self._exact.items():
            self._add(text, name)
        self._spelling = Spelling(self._by_word)

    def find(self, text: str) -> str:
        """The name that the text was probably meant to be; "" if that is not certain."""
        text = text[:MAX_NAME_CHARACTERS]
        if name := self._exact.get(comparable(text)):
            return name
        *above, last = [step for step in PATH.split(text) if WORD.search(step)] or [""]
        return (
            self._with_all_words(parts(text))
            or self._with_words(parts(last))
            or self._with_words(self._spelling.correct(specific(parts(last))))
            or self._above(parts(last), above)
        )

    def _add(self, text: str, name: str) -> None:
        listed = parts(text)
        words = [word for part in listed for word in part]
        for key in (frozenset(words), "".join(words)):
            self._by_all_words[key].add(name)
        for word in words:
            self._by_word[word].add(name)
        self._written |= {*listed}
        self._parts[name].append(set(specific(listed)))
        for part in specific(listed):
            if len("".join(part)) <= ABBREVIATION:
                continue
            for start in range(len(part)):
                self._by_ending[part[start:]].add(name)

    def _with_words(self, listed: list[Words]) -> str:
        return self._with_all_words(listed) or self._with_parts(specific(listed))

    def _with_all_words(self, listed: list[Words]) -> str:
        """The name with the same words, in another order or joined in another way."""
        words = [word for part in listed for word in part]
        telling = [word for part in specific(listed) for word in part]
        for key in (frozenset(words), "".join(words), frozenset(telling)):
            if key and (found := self._by_all_words.get(key)):
                return only(found)
        return ""

    def _with_parts(self, listed: list[Words]) -> str:
        """The name that lists everything that the text lists; or the name of which the text lists
        everything, and beside it only words that are in no name."""
        name = only({only(self._by_ending.get(part, set())) for part in listed} - {""})
        same = {part for part in listed if self._is_part(part, name)}
        others = [part for part in listed if part not in same]
        if same and (not others or any(known and known <= same for known in self._parts[name])):
            return "" if self._knows(others) else name
        return ""

    def _is_part(self, part: Words, name: str) -> bool:
        """Whether the name lists this. "Office" is "Office Supplies" unless there are others."""
        return any(part in known for known in self._parts.get(name, [])) and (
            part in self._written or self._has_alone(part, name)
        )

    def _has_alone(self, part: Words, name: str) -> bool:
        """Whether these words are in no other name."""
        return all(self._by_word.get(word) == {name} for word in part)

    def _above(self, last: list[Words], above: list[str]) -> str:
        """The name of the nearest step of a path that has known words, if no other name has them:
        below "Clothing" may be "Men's Clothing"."""
        if self._knows(specific(last)):
            return ""
        for step in reversed(above):
            listed = specific(parts(step))
            if self._knows(listed):
                name = self._with_words(parts(step))
                return name if all(self._has_alone(part, name) for part in listed) else ""
        return ""

    def _knows(self, listed: list[Words]) -> bool:
        return any(word in self._by_word for part in listed for word in part)


def parts(text: str) -> list[Words]:
    """What a text lists, each in words as they are compared: without case, accents and plural."""
    text = text.replace("_", " ").replace("'", "").replace("’", "")
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    listed = [WORD.findall(part) for part in LIST.split(plain)]
    found = (tuple(singular(word) for word in part if word not in STOP_WORDS) for part in listed)
    return [part for part in found if part]


def specific(listed: list[Words]) -> list[Words]:
    """The parts without words that do not say which products."""
    found = (tuple(word for word in part if word not in UNSPECIFIC) for part in listed)
    return [part for part in found if part]


def singular(word: str) -> str:
    """An English word without its plural ending, the same for both: movie and movies are movy."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):  # gas, glass, bus, tennis
        return word
    word = re.sub(r"(?<=ss|ch|sh)es$|(?<=[xz])es$|s$", "", word)
    return re.sub(r"ie$", "y", word)
