"""What a number format does to the numbers of a cell, and numbers as text.

A format is stored in English whatever the language of the program that wrote it.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal

GENERAL, ZEROS, DATE, PERCENT, WORDS = "general", "zeros", "date", "percent", "words"
# Formats that every program knows by their number; all others are in the file.
DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
PERCENTS = frozenset({9, 10})

SILENT = re.compile(r"_.|\*.|\[(?![hmsHMS]+\])[^\[\]]*\]")  # widths, fillings, colors, languages
QUOTED = re.compile(r'"([^"]*)"|\\(.)')
DURATION = re.compile(r"\[[hms]+\]", re.IGNORECASE)
BETWEEN_PLACES = re.compile(r"0[^0.,Ee+]+0")
PLACES = re.compile(r"[0#?]")

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# A number as we write it, of which no digit is lost.
SHORT = re.compile(r"0|-?[1-9][0-9]{0,14}|-?(?=[0-9.]{3,16}$)(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
MAX_DIGITS = 15  # that Excel keeps
TOO_LONG = 10.0**MAX_DIGITS
LONGEST = 30  # digits of a number that is written out

DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
DAYS_TO_1904 = 1462
NO_SUCH_DAY = 60  # 29 February 1900, which Excel counts
LAST_DAY = 2_958_466  # 1 January 10000


def kind_of(number: int, code: str | None) -> tuple[str, int]:
    """What a format does, by its number and its code if it has one: its kind, and how many digits
    one of zeros only has.

    WORDS is a format that shows letters or digits which the number does not have, or a duration.
    """
    if code is None:
        known = {**dict.fromkeys(DATES, DATE), **dict.fromkeys(PERCENTS, PERCENT)}
        return known.get(number, GENERAL), 0
    positive = sections(code)[0]
    if set(positive) == {"0"} and len(positive) > 1:
        return ZEROS, len(positive)
    visible = SILENT.sub("", positive)
    signs = QUOTED.sub("", visible)
    words = "".join(quoted or escaped for quoted, escaped in QUOTED.findall(visible))
    places = PLACES.sub("0", QUOTED.sub("-", visible)).replace(" ", "")
    if DURATION.search(signs):
        kind = WORDS
    elif signs.casefold() != "general" and re.search("[dmyhs]", signs, re.IGNORECASE):
        kind = DATE
    elif "%" in signs:
        kind = PERCENT
    elif any(sign.isalnum() for sign in words) or BETWEEN_PLACES.search(places):
        kind = WORDS
    else:
        kind = GENERAL
    return kind, 0


def sections(code: str) -> list[str]:
    """The parts of a format for positive numbers, negative ones and zero."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"])*', code) or [code]


def shown(value: float, kind: str, digits: int, *, from_1904: bool) -> tuple[str, str]:
    """The text of a number in a format of this kind, and its own kind for the reader of the sheet,
    "" for a text that is all there is to say."""
    text = plain(value)
    if kind == DATE:
        text, said = day(value, from_1904=from_1904), "date"
    elif kind == PERCENT:
        text, said = f"{plain(value * 100)}%", "percent"
    elif abs(value) >= TOO_LONG:
        said = "long"
    elif kind == ZEROS and value >= 0 and value.is_integer():
        text, said = text.zfill(digits), ""
    elif kind != GENERAL:
        said = "words"
    else:
        said = "number" if "." in text else ""
    return text, said


def plain(value: float) -> str:
    """The shortest decimal of 15 digits, as Excel shows it: 0.30000000000000004 is 0.3."""
    text = f"{value:.{MAX_DIGITS}g}"
    if "e" in text and abs(value) < 10.0**LONGEST:
        text = f"{Decimal(text):f}"
    return "0" if text == "-0" else text


def day(value: float, *, from_1904: bool) -> str:
    """A date or a time as ISO 8601; the number itself if it is none."""
    if from_1904:
        value += DAYS_TO_1904
    if not 0 <= value < LAST_DAY:
        return plain(value)
    moment = DAY_0 + timedelta(milliseconds=round(value * 86_400_000))
    part = "milliseconds" if moment.microsecond else "seconds"
    time = moment.time().isoformat(part)
    if value < 1:
        return time
    if int(value) == NO_SUCH_DAY:
        return "1900-02-29"
    if value < NO_SUCH_DAY:
        moment += timedelta(days=1)
    date = moment.date().isoformat()
    return date if time == "00:00:00" else f"{date} {time}"
