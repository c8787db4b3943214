"""The countries of ISO 3166-1, by their codes and by the names people give them in English."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

import pycountry
from django.utils.translation import gettext_lazy as _
from rapidfuzz import process
from rapidfuzz.distance import Indel

from imports.rules.base import Checker, InvalidCell, Rule

# At 0.6, "Deutschland" is taken for "Netherlands"; at 0.8, few names in other languages are.
MIN_SIMILARITY = 0.8
MAX_NAME_CHARACTERS = 100
MIN_WORD_CHARACTERS = 3  # "of" and "&" say nothing
# Stored under another name than pycountry's: shorter, and what every version has stored.
STORED = {
    "BN": "Brunei",
    "BQ": "Caribbean Netherlands",
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "CI": "Ivory Coast",
    "CV": "Cape Verde",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "MF": "Saint Martin",
    "PS": "Palestine",
    "RU": "Russia",
    "SH": "Saint Helena",
    "SX": "Sint Maarten",
    "TR": "Turkey",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
}
# What people write that is neither of these nor in pycountry: everyday and former names, parts of
# a country, and the names of Unicode's CLDR, which browsers and spreadsheets offer.
ALSO = {
    "Burma": "MM",
    "Congo - Brazzaville": "CG",
    "Congo - Kinshasa": "CD",
    "DR Congo": "CD",
    "East Timor": "TL",
    "England": "GB",
    "Great Britain": "GB",
    "Heard & McDonald Islands": "HM",
    "Holland": "NL",
    "Holy See": "VA",
    "Hong Kong SAR China": "HK",
    "Korea": "KR",
    "Macao SAR China": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Myanmar (Burma)": "MM",
    "Northern Ireland": "GB",
    "Palestinian Territories": "PS",
    "Pitcairn Islands": "PN",
    "Republic of Ireland": "IE",
    "Republic of Korea": "KR",
    "Scotland": "GB",
    "South Georgia & South Sandwich Islands": "GS",
    "St. Vincent & Grenadines": "VC",
    "Swaziland": "SZ",
    "UAE": "AE",
    "UK": "GB",
    "U.S.": "US",
    "U.S. Outlying Islands": "UM",
    "U.S.A.": "US",
    "Wales": "GB",
}


@cache
def stored_names() -> dict[str, str]:
    """The name that is stored, by ISO code of two letters."""
    names = {each.alpha_2: getattr(each, "common_name", each.name) for each in pycountry.countries}
    return names | STORED


@cache
def by_code() -> dict[str, str]:
    stored = stored_names()
    codes = {each.alpha_3: stored[each.alpha_2] for each in pycountry.countries}
    return codes | stored


@cache
def by_spelling() -> dict[str, str]:
    """The stored name by every name, as `spelling` has it."""
    stored = stored_names()
    names = {name: code for code, name in stored.items()} | ALSO
    for each in pycountry.countries:
        for kind in ("name", "official_name", "common_name"):
            names[getattr(each, kind, each.name)] = each.alpha_2
    return {spelling(name): stored[code] for name, code in names.items()}


def spelling(name: str) -> str:
    """A name without what people write in more than one way: case, accents, signs, "St."."""
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ").replace(".", "")).casefold()
    words = re.findall(r"\w+", "".join(each for each in letters if not unicodedata.combining(each)))
    text = " ".join(words).removeprefix("the ").removesuffix(" the")
    return re.sub(r"\bst ", "saint ", text)


@lru_cache(maxsize=2_000)  # of one file's countries, each is looked up once
def country(text: str) -> str | None:
    """The stored name of the country, or None when it is not known."""
    if len(text) > MAX_NAME_CHARACTERS:
        return None
    return by_code().get(text.upper()) or by_spelling().get(spelling(text))


@lru_cache(maxsize=2_000)
def nearest_country(text: str) -> str | None:
    """The country that was probably meant by a name that is not known."""
    key = spelling(text[:MAX_NAME_CHARACTERS])
    return nearest(key, by_spelling())


def nearest(key: str, names: Mapping[str, str]) -> str | None:
    """The name whose spelling is most like the key; or the only one that has all words of the key,
    or whose words the key has all."""
    match = process.extractOne(
        key, names.keys(), scorer=Indel.normalized_similarity, score_cutoff=MIN_SIMILARITY
    )
    if match:
        return names[match[0]]
    wanted = words(key)
    alike = [each for each in names if wanted and (found := words(each)) and is_part(wanted, found)]
    return names[alike[0]] if len(alike) == 1 else None


def is_part(one: set[str], other: set[str]) -> bool:
    return one <= other or other <= one


def words(key: str) -> set[str]:
    return {word for word in key.split() if len(word) >= MIN_WORD_CHARACTERS}


@dataclass(frozen=True)
class Country(Rule):
    """A country by name or ISO code; its value is the name."""

    code: str = field(default="INVALID_COUNTRY", kw_only=True)
    variants = {
        "unknown": _("{field} '{value}' is not a country that we know."),
        "misspelled": _(
            "{field} '{value}' is not a country that we know. Did you mean '{suggestion}'?"
        ),
    }
    in_words = _("a country: its English name, or its ISO code of two or three letters")
    remedy = _("Enter the English name, such as Germany, or the ISO code, such as DE or DEU.")

    def checker(self, label: str) -> Checker:
        def check(text: str) -> str:
            if (name := country(text)) is None:
                if near := nearest_country(text):
                    raise InvalidCell(self, "misspelled", label, text, suggestion=near)
                raise InvalidCell(self, "unknown", label, text)
            return name

        return check
