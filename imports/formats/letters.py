"""How likely a letter beyond ASCII is between its neighbors, in one group of languages or another.

The table is counted from words of these languages (bench/letter_table.py). All results are
logarithms: 0 is certain, and each 2.3 less is a tenth as likely.
"""

import unicodedata
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("letters.txt")
NEIGHBORS = "abcdefghijklmnopqrstuvwxyz* "  # * is a letter beyond ASCII, and " " no letter
UNKNOWN = -30.0  # a letter that no language of the group has
CAPITAL_INSIDE = -6.0  # after a small letter
# Of other alphabets it is enough to know that their letters stand among themselves.
ALPHABET_LETTER = -3.7
ALPHABET_EDGE = -3.0  # where its word begins or ends
TWO_ALPHABETS = -20.0
CONTROL = -20.0

Row = tuple[float, dict[str, float], dict[str, float]]


def neighbor(character: str) -> str:
    """The character as a column of the table."""
    small = character.lower()[0]
    if small in NEIGHBORS:
        return small
    return "*" if is_letter(character) else " "


def is_letter(character: str) -> bool:
    """Is it a letter in a word? `ª`, `º`, `µ` and `ƒ` are letters to Unicode, and signs to us."""
    return (character.isalpha() and character not in "ªºµƒˆ") or bool(
        unicodedata.combining(character)
    )


@cache
def table() -> dict[str, dict[str, Row]]:
    """For each group and letter: how likely it is, and each neighbor before and after it."""
    found: dict[str, dict[str, Row]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            group, letter, often, before, after = line.split(" ")
            found.setdefault(group, {})[letter] = (-int(often) / 4, chances(before), chances(after))
    return found


def chances(digits: str) -> dict[str, float]:
    return {n: -int(digit, 36) / 4 for n, digit in zip(NEIGHBORS, digits, strict=True)}


def likelihood(before: str, text: str, after: str, group: str) -> float:
    """How likely `text` is between two characters before and two after it; group "" has the
    letters of all alphabets but the Latin one."""
    whole = before + text + after
    result = 0.0
    for i in range(len(before), len(before) + len(text)):
        left, character, right = whole[i - 1], whole[i], whole[i + 1]
        if character.isupper() and left.islower():
            result += CAPITAL_INSIDE
        if not is_letter(character):
            is_control = unicodedata.category(character) == "Cc"
            result += (
                CONTROL if is_control else sign(character, whole[i - 2 : i], whole[i + 1 : i + 3])
            )
        elif is_latin(character):
            row = table().get(group, {}).get(character.lower() if character != "İ" else character)
            result += row[0] + row[1][neighbor(left)] + row[2][neighbor(right)] if row else UNKNOWN
        elif group:
            result += UNKNOWN
        else:
            result += ALPHABET_LETTER + ALPHABET_EDGE * (
                (not is_letter(left)) + (not is_letter(right))
            )
            if any(beside.isascii() and beside.isalpha() for beside in (left, right)):
                result += TWO_ALPHABETS
    return result


def is_latin(letter: str) -> bool:
    return (
        ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 or bool(unicodedata.combining(letter))
    )


USUAL_SIGN = -6.0
UNUSUAL_SIGN = -11.0
RARE_SIGN = -18.0  # that no word of a catalog has
MISPLACED = -14.0
REVERSED = -4.0  # German books have »these« quotation marks
USUAL_SIGNS = frozenset("“”‘’„«»–—…®™°€£©×½²³•\xa0¿¡§±µºª")
RARE_SIGNS = frozenset("¤¦¨¬¯¸ˆ˜ƒ‡‚")


def sign(character: str, before: str, after: str) -> float:
    """How likely a sign is between two characters before and two after it."""
    left, right = before[-1], after[0]
    follows, precedes = is_letter(left), is_letter(right)
    rare = RARE_SIGN if character in RARE_SIGNS else UNUSUAL_SIGN
    likely = USUAL_SIGN if character in USUAL_SIGNS else rare
    if (character == "€" and before.strip()[-1:].isdigit()) or (
        character in "€£¥" and right.isdigit()
    ):
        return likely + 4
    if character in "’´" and follows and precedes:
        return likely + (1 if is_apostrophe(before, after) else MISPLACED)
    if character == "\xa0":
        return likely - (4 if follows and precedes else 0)
    if character in "–—":
        inside = (follows or not left.isascii()) and (precedes or not right.isascii())
        return likely - (8 if inside else 0)
    if (character == "«" and follows) or (character == "»" and precedes):
        likely += REVERSED
    return likely + (MISPLACED if is_misplaced(character, left, right) else 0)


def is_apostrophe(before: str, after: str) -> bool:
    """Of l’eau, qu’il, o’clock; of it’s, don’t."""
    is_article = before[-1] in "ldcjmnstoLDCJMNSTO" and not is_letter(before[0])
    if is_article or before.lower() == "qu":
        return after[0] in "aeiouyhAEIOUYH" or not after[0].isascii() or before[-1] in "oO"
    return after[0] in "stdmST" and not is_letter(after[1])


# Signs that may stand beside a letter on their right, on their left, or on either side of a word;
# any other sign stands beside none.
OPENING = frozenset("‹‚¿¡")
CLOSING = frozenset("”›®™…")
EITHER = frozenset("“‘„«»")
# After these letters, or before those, a sign belongs to a unit or an abbreviation.
UNITS = {
    "·": ("lL", "lL"),
    "°": ("nN", "CFcKN"),
    "²": ("mnt", ""),
    "³": ("mnt", ""),
    "º": ("nNo", ""),
    "ª": ("nNo", ""),
}
PREFIXES = {"µ": "mFlgsVAWH"}


def is_misplaced(character: str, left: str, right: str) -> bool:
    """Does the sign stand where it stands in no text: usually inside a word?"""
    follows, precedes = is_letter(left), is_letter(right)
    if character in EITHER:
        return follows and precedes
    before, after = UNITS.get(character, ("", PREFIXES.get(character, "")))
    wrong_left = follows and left not in before and character not in CLOSING
    wrong_right = precedes and right not in after and character not in OPENING
    return wrong_left or wrong_right
