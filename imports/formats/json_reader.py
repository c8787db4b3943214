"""JSON to objects, read as they come: an array of objects, or one object per line."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import ijson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.formats import file_types
from imports.formats.encoding import is_blank
from imports.rules.refusals import Refused
from imports.rules.wording import UNPRINTABLE, truncate

CHUNK = 1 << 16  # bytes
MAX_TOKEN_CHARACTERS = 1_000_000  # characters
MAX_NUMBER_DIGITS = 4_000  # digits; above 4,300 Python makes no number of them
MAX_KEYS = 500  # of one object
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_TOO_MANY_DIGITS = b"0" * (MAX_NUMBER_DIGITS + 1)
# Escapes from left to right, so that the n-th backslash of a row of them is understood.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves of a character
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\u[0-9a-fA-F]{4}"
    r"|\\[^u]"
)
_NO_BLANK = re.compile("[\v\f]")
_LONGEST_ESCAPE = 12  # characters
_REASON = re.compile(r"(?:lexical|parse) error: (.+?)(?:\\n|\n|$)")
_NOT_A_NUMBER = re.compile(r"NaN|nan|[Ii]nf")
_KINDS = {
    "string": gettext_lazy("a text"),
    "number": gettext_lazy("a number"),
    "boolean": gettext_lazy("true or false"),
    "null": gettext_lazy("null"),
}


class _Broken(Exception):
    """The text is not JSON from here on; the message says why."""


def encoding_of(path: Path) -> str:
    """utf-8-sig or utf-16, by the byte order mark. Raises Refused for what cannot be JSON."""
    if is_blank(path):
        raise Refused("EMPTY_FILE")
    head, tail = file_types.ends_of(path)
    if looks_like := file_types.of_bytes(head, tail):
        raise Refused("NOT_JSON", looks_like=looks_like)
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = "utf-16" if head.startswith(marks) else "utf-8-sig"
    start = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip()
    if not start.startswith(("[", "{")):
        is_page = file_types.of_text(start) if start.startswith("<") else None
        begins = _("text that begins with '{text}'").format(text=opening(start))
        raise Refused("NOT_JSON", looks_like=is_page or begins)
    return encoding


def opening(text: str) -> str:
    """The first characters of a file, for a message."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text[:40].split())[:20])


def malformed(row: int, problem: str) -> Refused:
    return Refused("MALFORMED_JSON", row=row, problem=problem)


def items(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    """Every object of the file. Raises Refused at the first item that is not an object."""
    count = 0
    is_open = False
    item: dict[str, Any] | None = None
    key = ""
    try:
        for events in parsed(path, encoding):
            for event, value in events:
                if event == "map_key":
                    key = value
                    refuse_key(item or {}, key)
                elif event == "start_map" and item is None:
                    item = {}
                elif event == "end_map" and item is not None:
                    yield item
                    item = None
                    count += 1
                elif event in _KINDS and item is not None:
                    item[key] = value
                elif event == "start_array" and not is_open and item is None and not count:
                    is_open = True  # the array that holds all items
                elif event != "end_array":
                    refuse_place(event, key, item)
    except _Broken as broken:
        raise malformed(count + 1, str(broken)) from broken


def refuse_key(item: dict[str, Any], key: str) -> None:
    if key in item:
        raise _Broken(_("it has the key '{key}' twice").format(key=truncate(key)))
    if len(item) == MAX_KEYS:
        raise _Broken(_("it has more than {limit} keys").format(limit=MAX_KEYS))


def refuse_place(event: str, key: str, item: dict[str, Any] | None) -> NoReturn:
    what = _KINDS.get(event) or (_("an array") if event == "start_array" else _("an object"))
    if item is None:
        raise _Broken(_("it must be an object with keys and values (was {what})").format(what=what))
    raise _Broken(
        _("'{key}' must be a single value (was {what})").format(key=truncate(key), what=what)
    )


def parsed(path: Path, encoding: str) -> Iterator[list[tuple[str, Any]]]:
    """The parser's events, some at a time; those before an error come before it is raised."""
    events: list[tuple[str, Any]] = ijson.sendable_list()
    parser: Any = None
    silent = 0
    try:
        for text in filter(None, texts(path, encoding)):  # the parser takes "" for the end
            if parser is None:
                # A file that begins with an object is a row of objects, in lines.
                several = text.lstrip().startswith("{")
                parser = ijson.basic_parse_coro(events, multiple_values=several)
            parser.send(text.encode())
            silent = 0 if events else silent + len(text)
            if silent > MAX_TOKEN_CHARACTERS:
                raise _Broken(
                    _(
                        "it contains a text of more than {limit:,} characters, or as many spaces"
                    ).format(limit=MAX_TOKEN_CHARACTERS)
                )
            yield events
            events.clear()
        parser.close()
    except ijson.JSONError as error:
        yield events
        raise _Broken(in_our_words(str(error))) from error
    except ArithmeticError as error:  # Decimal's, for 1e999999999999999999999
        yield events
        raise _Broken(_("it contains a number that is too large")) from error


def texts(path: Path, encoding: str) -> Iterator[str]:
    """The file in pieces of text. Raises _Broken at what the parser must not see, after the text
    that stands before it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    digits = b""
    escape = ""
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(error.encoding, "ignore")
                yield before.removeprefix("\ufeff")
                name = "UTF-16" if "16" in encoding else "UTF-8"
                problem = _("its text is not {encoding}, or the file is damaged")
                raise _Broken(problem.format(encoding=name)) from error
            if blank := _NO_BLANK.search(text):  # white space to the parser, and not in JSON
                yield text[: blank.start()]
                problem = _("it contains the character U+{code:04X}, which JSON does not allow")
                raise _Broken(problem.format(code=ord(blank[0])))
            # The parser would leave an invalid object in its list for a number of that length.
            digits = digits[-MAX_NUMBER_DIGITS:]
            known = len(digits)
            digits += text.encode("ascii", "replace").translate(_DIGITS)
            if (start := digits.find(_TOO_MANY_DIGITS)) >= 0:
                yield text[: max(0, start - known)]
                problem = _("it contains more than {limit:,} digits in a row")
                raise _Broken(problem.format(limit=MAX_NUMBER_DIGITS))
            if escape or "\\" in text:
                known = len(escape)
                half, escape = halves(escape + text)
                if half is not None:
                    yield text[: max(0, half.start() - known)]
                    raise _Broken(_("{escape} is half a character").format(escape=half[0]))
            yield text
            if not chunk:
                return


def halves(text: str) -> tuple[re.Match[str] | None, str]:
    r"""The first escape such as `\ud800` that is half a character, for which the parser would put
    a question mark, and the end of `text` that may be the beginning of an escape."""
    end = 0
    for found in _ESCAPE.finditer(text):
        if found["half"]:
            rest = text[found.end() :]
            may_go_on = len(rest) < _LONGEST_ESCAPE // 2 and r"\u".startswith(rest[:2])
            return (None, text[found.start() :]) if may_go_on else (found, "")
        end = found.end()
    start = text.find("\\", max(end, len(text) - _LONGEST_ESCAPE))
    return None, text[start:] if start >= 0 else ""


def in_our_words(error: str) -> str:
    """The parser's error as the vendor reads it."""
    reason = _REASON.search(error)
    lines = error.splitlines()
    around = " ".join(lines[1].split()) if len(lines) > 1 else ""
    if "premature EOF" in error:
        return _("the file ends there, as if it were cut off")
    if "trailing garbage" in error:
        return _("it follows the end of the array")
    if _NOT_A_NUMBER.search(around):
        return _("NaN and Infinity are not numbers in JSON")
    words = reason[1].strip(" .").replace("I expect", "expected") if reason else _("not JSON")
    if not around:
        return words
    place = truncate(UNPRINTABLE.sub("", around))
    return _("{problem}, near '{text}'").format(problem=words, text=place)
