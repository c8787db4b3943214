"""Suggestions are right or absent: counted on words that vendors might use."""

import time
from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.category_names import comparable
from catalog.models import Category, CategorySynonym
from imports import datasets
from imports.rules.base import InvalidCell
from imports.rules.suggestions import Suggestions
from imports.rules.text import Approved
from tests.imports.rules.vendor_words import APPROVED, KEPT_FOR_THE_END, SYNONYMS, USED

FIND = Suggestions(APPROVED, SYNONYMS).find
WORDS = sorted({word for name in (*APPROVED, *SYNONYMS) for word in name.split()})
MAX_WRONG = 0.02


def counted(words: Mapping[str, str | None], synonyms: Mapping[str, str]) -> Counter[str]:
    """How many suggestions are right, absent and wrong."""
    find = Suggestions(APPROVED, synonyms).find
    return Counter(verdict(find(text), name) for text, name in words.items())


def verdict(found: str, name: str | None) -> str:
    if not found:
        return "none"
    return "right" if found == name else "wrong"


@pytest.mark.parametrize(
    ("words", "synonyms", "right"),
    [
        pytest.param(USED, {}, 66, id="used"),
        pytest.param(USED, SYNONYMS, 78, id="used, with synonyms"),
        pytest.param(KEPT_FOR_THE_END, {}, 36, id="kept for the end"),
        pytest.param(KEPT_FOR_THE_END, SYNONYMS, 42, id="kept for the end, with synonyms"),
    ],
)
def test_of_vendors_words_at_most_one_in_fifty_gets_a_wrong_suggestion(
    words: Mapping[str, str | None], synonyms: Mapping[str, str], right: int
) -> None:
    counts = counted(words, synonyms)
    text = f"right {counts['right']}, none {counts['none']}, wrong {counts['wrong']}"
    print(text)  # noqa: T201 - for `pytest -s`
    assert counts["wrong"] <= MAX_WRONG * len(words)
    assert counts["right"] >= right


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("snEAKers", "Footwear"),  # a synonym
        ("Sneaker", "Footwear"),
        ("Möbel", "Furniture"),
        ("Toys", "Toys & Games"),  # one thing that a name lists
        ("Games", ""),  # two names have it
        ("Kitchen & Home", "Home & Kitchen"),  # another order
        ("Foot-wear", "Footwear"),  # joined in another way
        ("Misc. clothing", "Clothing"),
        ("Audio equipment", "Audio"),
        ("Books & Magazines", "Books"),  # a name, and unknown words
        ("Books & Watches", ""),  # known ones
        ("Toys & Hobbies", ""),  # half of it
        ("Tea Bags", ""),  # the last word alone
        ("Office", "Office Supplies"),
        ("Camreas", "Cameras"),
        ("Toys & Games!", "Toys & Games"),
        ("Foootwear", "Footwear"),
        ("Boots", ""),
        ("Wedding", ""),
        ("Electronics > Audio", "Audio"),
        ("Media > Books > Fiction", "Books"),
        ("Clothing > Dresses", ""),  # perhaps a narrower name
        ("Watches > Camera bags", ""),  # the last step is known, and doubtful
        ("Root / Audoi", "Audio"),
        ("", ""),
        (">", ""),
        ("&", ""),
        ("of the", ""),
    ],
)
def test_each_step_is_right_or_absent(text: str, name: str) -> None:
    assert FIND(text) == name


def test_a_word_of_several_names_suggests_none() -> None:
    find = Suggestions(["Office Supplies", "Office Chairs", "TV & Movies"], {}).find
    assert [find(text) for text in ("Office", "TV", "Movie", "Officee Chairs")] == [
        *("", "", "TV & Movies", "Office Chairs"),
    ]


def test_two_words_that_are_equally_near_suggest_none() -> None:
    assert Suggestions(["Painting", "Pointing"], {}).find("Panting") == "Painting"
    assert Suggestions(["Planting", "Painting"], {}).find("Panting") == ""


@given(st.text() | st.lists(st.sampled_from([*WORDS, ">", "/", "&", "and"])).map(" ".join))
def test_a_suggestion_is_an_approved_name(text: str) -> None:
    assert FIND(text) in {"", *APPROVED}


@given(st.sampled_from(APPROVED), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_an_approved_name_is_never_taken_for_another(name: str, case: Callable[[str], str]) -> None:
    for names in (APPROVED, [*APPROVED, "Games & Toys", "Book"]):
        assert Suggestions(names, SYNONYMS).find(case(name)) == name


@pytest.mark.parametrize("synonyms", [{"Audio": "Books"}, {"AUDIO": "Books"}])
def test_a_name_comes_before_a_synonym(synonyms: dict[str, str]) -> None:
    assert Suggestions(["Audio", "Books"], synonyms).find("audio") == "Audio"


@given(st.sampled_from([*WORDS, "Toyss", "Audoi", "Toys > Boks"]))
def test_the_message_and_the_page_suggest_the_same(text: str) -> None:
    rule = Approved(names=lambda: [*APPROVED], synonyms=lambda: SYNONYMS)
    suggestion = rule.suggester()(text)
    if comparable(text) in map(comparable, APPROVED):
        assert rule.checker("Category")(text) == suggestion
        return
    with pytest.raises(InvalidCell) as wrong:
        rule.checker("Category")(text)
    expected = f"Did you mean '{suggestion}'?" if suggestion else "is not approved."
    assert str(wrong.value).endswith(expected)


@pytest.mark.django_db
def test_synonyms_of_active_categories_lead_to_suggestions(
    categories: list[str],
) -> None:
    column = datasets.get("products").by_key["category"]
    (rule,) = (each for each in column.rules if isinstance(each, Approved))
    books = Category.objects.get(name="Books")
    CategorySynonym.objects.create(category=books, name="Livres")
    assert rule.suggester()("livres") == "Books"
    with pytest.raises(InvalidCell, match="Did you mean 'Books'"):
        rule.checker("Category")("Livres")
    Category.objects.filter(name="Books").update(is_active=False)
    assert rule.suggester()("livres") == ""


@pytest.mark.slow
def test_a_thousand_wrong_values_among_a_thousand_names_cost_little() -> None:
    """Measured at 0.2 s, with paths of three steps and with misspelled names."""
    names = [
        f"{first}{second} & {second}{first}" for first in WORDS[:32] for second in WORDS[32:64]
    ]
    wrong = [f"{name[1:]} > {name[:-2]} > {name[2:]}" for name in names]
    started = time.process_time()
    find = Suggestions(names, {}).find
    for text in (*wrong, *(name.replace("e", "", 1) for name in names)):
        find(text)
    assert len(names) > 1_000
    assert time.process_time() - started < 5
