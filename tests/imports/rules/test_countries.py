"""Countries as people write them, and the one name that is stored."""

import hashlib

import pycountry
import pytest

from imports.rules import countries
from imports.rules.base import InvalidCell
from imports.rules.countries import Country

# Of the 249 names, sorted, a line each.
STORED_NAMES_SHA256 = "f92d622d9f5c01270e99019352d836f6ebd8e5f5fd75f4b8c0baea54a6325b7f"


def stored(text: str) -> str:
    name: str = Country().checker("Country")(text)
    return name


def message(text: str) -> str:
    with pytest.raises(InvalidCell) as wrong:
        stored(text)
    return str(wrong.value)


def test_the_stored_names_are_those_of_earlier_versions() -> None:
    """A new pycountry that renames a country fails here: its old name belongs into `STORED`."""
    names = "\n".join(sorted(countries.stored_names().values()))
    assert hashlib.sha256(names.encode()).hexdigest() == STORED_NAMES_SHA256


@pytest.mark.parametrize("each", list(pycountry.countries), ids=lambda each: each.alpha_2)
def test_every_country_is_known_by_its_codes_and_names(each: pycountry.db.Country) -> None:
    name = countries.stored_names()[each.alpha_2]
    written = [each.alpha_2, each.alpha_3.lower(), each.name, name.upper()]
    written += [getattr(each, kind, name) for kind in ("official_name", "common_name")]
    assert {stored(text) for text in written} == {name}
    assert len(name) <= 60, "the width of the column"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # ISO's short names and CLDR's, with their signs
        ("Côte d’Ivoire", "Ivory Coast"),
        ("Cote d'Ivoire", "Ivory Coast"),
        ("Bosnia & Herzegovina", "Bosnia and Herzegovina"),
        ("St. Kitts & Nevis", "Saint Kitts and Nevis"),
        ("St Lucia", "Saint Lucia"),
        ("São Tomé & Príncipe", "Sao Tome and Principe"),
        ("Congo - Kinshasa", "Democratic Republic of the Congo"),
        ("Congo, The Democratic Republic of the", "Democratic Republic of the Congo"),
        ("Hong Kong SAR China", "Hong Kong"),
        ("Myanmar (Burma)", "Myanmar"),
        ("U.S. Virgin Islands", "US Virgin Islands"),
        ("Heard & McDonald Islands", "Heard Island and McDonald Islands"),
        ("Korea, Republic of", "South Korea"),
        ("Bolivia, Plurinational State of", "Bolivia"),
        # everyday and former names
        ("Türkiye", "Turkey"),
        ("TURKIYE", "Turkey"),
        ("Russian Federation", "Russia"),
        ("Czech Republic", "Czechia"),
        ("The Netherlands", "Netherlands"),
        ("Bahamas, The", "Bahamas"),
        ("Viet Nam", "Vietnam"),
        ("UK", "United Kingdom"),
        ("Scotland", "United Kingdom"),
        ("U.S.A.", "United States"),
        ("Macau", "Macao"),
        ("Swaziland", "Eswatini"),
    ],
)
def test_a_country_as_people_write_it(text: str, name: str) -> None:
    assert stored(text) == name


@pytest.mark.parametrize("text", ["Atlantis", "n.a.", "N/A", "the", "&", "-", "Germany" * 20])
def test_what_is_no_country(text: str) -> None:
    assert message(text).endswith("is not a country that we know.")


@pytest.mark.parametrize(
    ("text", "near"),
    [("Germny", "Germany"), ("Untied States", "United States"), ("Brasil", "Brazil")],
)
def test_a_typing_mistake_names_the_country(text: str, near: str) -> None:
    assert (
        message(text) == f"Country '{text}' is not a country that we know. Did you mean '{near}'?"
    )


@pytest.mark.parametrize("text", ["Deutschland", "Noruega", "Irak", "Letonija", "Magyarország"])
def test_a_name_in_another_language_is_not_taken_for_another_country(text: str) -> None:
    assert message(text) == f"Country '{text}' is not a country that we know."


def test_a_wrong_country_is_compared_once_however_often_it_comes() -> None:
    countries.nearest_country.cache_clear()
    assert len({message("Germanistan") for _ in range(50)}) == 1
    assert countries.nearest_country.cache_info().misses == 1
