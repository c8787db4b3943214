"""What spreadsheet programs do to cells: numbers shortened, codes read as dates, formulas failed,
zeros dropped, texts cut, letters read in the wrong encoding.

Excel writes dates, and the names of its errors, in the language of its user: here in English,
German, French, Spanish, Italian, Dutch, Polish and Portuguese.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imports.rules.cells import Everywhere

AS_TEXT = _(
    "Take the value from your original data. In Excel, open that with Data > From Text/CSV and set "
    "the type of this column to Text before you load it; in an empty sheet, format the column as "
    "Text before you paste. Or fill in our template, which you can download on the help page."
)

# Kinds of cells of a workbook that are more than their text (see rules/spreadsheet.py).
NUMBER, LONG, WORDS = "n", "l", "w"  # with decimals; too long; shown with letters or signs
DATE, PERCENT, ERROR, FORMULA = "d", "p", "e", "f"

EXCEL_NUMBER = Everywhere(
    "EXCEL_NUMBER",
    {
        "shortened": _(
            "{field} contains '{value}': a spreadsheet program has shortened a long number, and "
            "its last digits are lost"
        ),
        LONG: _(
            "{field} must be text if it has more than {rule.limit} digits, because Excel changes "
            "all others to 0 (was {value})"
        ),
        WORDS: _(
            "{field} must be text: the cell contains the number {value}, and its number format "
            "shows something else"
        ),
    },
    remedy=AS_TEXT,
    limit=15,
)
EXCEL_DATE = Everywhere(
    "EXCEL_DATE",
    {
        "date": _("{field} contains '{value}': a spreadsheet program has made it a date"),
        DATE: _(
            "{field} must not be a date (was {value}). Excel changes texts such as 3-4 to dates"
        ),
    },
    remedy=AS_TEXT,
)
LOOKS_LIKE_DATE = Everywhere(
    "LOOKS_LIKE_DATE",
    {
        "date": _(
            "{field} contains '{value}', which looks like a date. Has a spreadsheet program "
            "changed it?"
        )
    },
    remedy=AS_TEXT,
)
LEADING_ZERO = Everywhere(
    "LEADING_ZERO",
    {
        "lost": _(
            "{field} '{value}' is not in your catalog, but '{known}' is. Has a spreadsheet program "
            "removed the zeros?"
        )
    },
    remedy=AS_TEXT,
)
EXCEL_ERROR = Everywhere(
    "EXCEL_ERROR",
    {
        "error": _("{field} contains '{value}', the error of a formula in a spreadsheet"),
        "narrow": _(
            "{field} contains '{value}', which a spreadsheet shows when a column is too narrow"
        ),
        ERROR: _("{field} must be a value, not the error of a formula (was {value})"),
    },
    remedy=_(
        "Correct the formula in your spreadsheet, or enter the value itself. Make a column that "
        "shows ### wider before you save the file. To start again, use our template, which you can "
        "download on the help page."
    ),
)
CUT_AT = 255  # characters; what several programs keep of a cell
CUT_TEXT = Everywhere(
    "CUT_TEXT",
    {
        "cut": _(
            "{field} ends after exactly {rule.limit} characters. Has another program cut the text?"
        )
    },
    remedy=_(
        "If the end is missing, copy the full text from your original data. Programs that read "
        "Excel files through an old driver cut at 255 characters; save the sheet as CSV UTF-8 "
        "instead."
    ),
    limit=CUT_AT,
)
MOJIBAKE = Everywhere(
    "MOJIBAKE",
    {
        "misread": _(
            "{field} contains '{value}': letters look wrong. Should it be '{suggestion}'?"
        ),
        "lost": _("{field} contains '{value}', in which letters have been lost"),
    },
    remedy=_(
        "Another program has read the text in the wrong character encoding. In Excel, open your "
        "original data with Data > From Text/CSV, set File Origin to 65001: Unicode (UTF-8), then "
        "save as CSV UTF-8."
    ),
)

# Of a column that identifies a row, and of each column.
OF_IDENTIFIERS = (EXCEL_NUMBER, EXCEL_DATE)
WARNINGS_OF_IDENTIFIERS = (LOOKS_LIKE_DATE, LEADING_ZERO)
WARNINGS_OF_TEXT = (CUT_TEXT, MOJIBAKE)

# 4.00638E+12, in some languages with a comma. A minus would be a small number, and no one's ID.
SHORTENED = re.compile(r"[1-9](?:[.,][0-9]{1,14})?E\+[0-9]{2,3}")
ERRORS = frozenset(
    (
        *("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
        *("#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#EXTERNAL!", "#PYTHON!"),
        "#GETTING_DATA",
        *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!", "#KALK!", "#FELD!"),
        *("#NOM?", "#VALEUR!", "#NOMBRE!", "#NUL!", "#PROPAGATION!", "#EPARS!", "#CHAMP!"),
        *("#¡REF!", "#¿NOMBRE?", "#¡VALOR!", "#¡DIV/0!", "#¡NUM!", "#¡NÚM!", "#¡NULO!"),
        *("#¡DESBORDAMIENTO!", "#¡CALC!", "#¡CAMPO!"),
        *("#N/D", "#RIF!", "#NOME?", "#VALORE!", "#NULLO!", "#ESPANSIONE!", "#CALCOLO!"),
        *("#N/B", "#VERW!", "#NAAM?", "#WAARDE!", "#DEEL/0!", "#GETAL!", "#LEEG!", "#OVERLOOP!"),
        *("#ADR!", "#NAZWA?", "#ARG!", "#DZIEL/0!", "#LICZBA!", "#ZERO!", "#ROZLANIE!"),
        *("#VALOR!", "#NÚM!", "#NULO!", "#DESPEJAR!", "#TRANSPOSIÇÃO!", "#CAMPO!"),
        *("Err:502", "Err:504", "Err:508", "Err:509", "Err:511", "Err:519", "Err:522", "Err:529"),
    )
)
TOO_NARROW = re.compile("#{3,255}")

_NAMES = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Jan Feb Mrz Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "es": "ene feb mar abr may jun jul ago sep sept oct nov dic",
    "it": "gen feb mar apr mag giu lug ago set ott nov dic",
    "nl": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "pl": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "pt": "jan fev mar abr mai jun jul ago set out nov dez",
}
# What stands between the day and the month, and between the month and the year.
_MARKS = {"de": (". ", " "), "pl": (".-", ".-"), "pt": ("/-", "/-")}
_DAYS: dict[str, set[str]] = {}
_YEARS: dict[str, set[str]] = {}
for _language, _words in _NAMES.items():
    _before, _behind = _MARKS.get(_language, ("-", "-"))
    for _mark in [_before] if _language == "de" else _before:
        _DAYS.setdefault(_mark, set()).update(_words.split())
    for _mark in _behind:
        _YEARS.setdefault(_mark, set()).update(_words.split())
# Names of months that in codes mean something else as well: a set of 10, size out.
_OTHER_WORDS = frozenset(
    ("set", "out", "may", "mag", "gen", "lip", "lis", "sie", "gru", "lut", "sty")
)

_WORDED = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?P<before>\. |[-/.]))?(?P<word>[^\W\d_]{3,5})\.?"
    r"(?:(?P<behind>[-/. ])(?P<year>[0-9]{2}|[0-9]{4}))?"
)
_FIGURES = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
    r"|(?P<iso>[0-9]{4})-(?P<isomonth>[0-9]{2})-(?P<isoday>[0-9]{2})(?: 00:00:00)?"
)
# A line that may be one of both. Its first sign is found fast.
_ANY = re.compile(
    r"\n(?:[0-9]{1,2}[-/.]|[0-9]{4}-[0-9]{2}-|[^\W\d_]{3,5}\.?[-/. ][0-9]{2}(?![^\n]))"
)
MAX_DATE_CHARACTERS = 20


@dataclass(frozen=True)
class _Reading:
    """A cell of the shape of a date: whether it is one, and certainly so."""

    shape: tuple[object, ...]
    is_date: bool
    is_certain: bool = False


def dates(texts: Sequence[str | None]) -> Iterator[tuple[int, Everywhere]]:
    """The positions of texts in a column that spreadsheet programs have turned to dates, or may
    have, and what is to be said of them.

    A vendor's own codes may look the same by chance: `mar-05` beside `box-05`. So no cell counts
    if another of the same shape is no date.
    """
    lines = "\n".join(["", *(text for text in texts if text), ""])
    if not _ANY.search(lines):  # one look at all texts is enough in the usual case
        return
    read = ((i, _read(text)) for i, text in enumerate(texts) if text)
    found = [(i, reading) for i, reading in read if reading]
    own = {reading.shape for _, reading in found if not reading.is_date}
    for i, reading in found:
        if reading.shape not in own:
            yield i, EXCEL_DATE if reading.is_certain else LOOKS_LIKE_DATE


def _read(text: str) -> _Reading | None:
    if len(text) > MAX_DATE_CHARACTERS:
        return None
    if worded := _WORDED.fullmatch(text):
        return _worded(worded)
    if figures := _FIGURES.fullmatch(text):
        return _in_figures(figures)
    return None


def _worded(found: re.Match[str]) -> _Reading | None:
    day, before, word, behind, year = found.group("day", "before", "word", "behind", "year")
    if day is None and (year is None or len(year) != 2):
        return None
    names = _YEARS.get(behind or "", set()) if day is None else _DAYS.get(before, set())
    is_date = word in names and (day is None or 1 <= int(day) <= 31)
    case = (word.islower(), word.istitle())
    return _Reading((before, behind, case), is_date, word not in _OTHER_WORDS)


def _in_figures(found: re.Match[str]) -> _Reading:
    parts = found.groupdict()
    first, second = sorted(
        (int(parts["day"] or parts["isoday"]), int(parts["month"] or parts["isomonth"]))
    )
    year = int(parts["year"] or parts["iso"])
    is_date = 1 <= first <= 12 and second <= 31 and 1900 <= year <= 2099
    return _Reading((parts["mark"], parts["iso"] is None), is_date)
