"""JSON files that are malicious or written by faulty programs, and their expected results."""

import codecs
import json
from dataclasses import dataclass

ITEM = '{"name": "cpu", "value": 1.5, "timestamp": "2026-01-01T00:00:00Z"}'
OTHER = '{"name": "cpu", "value": 2.5, "timestamp": "2026-01-02T00:00:00Z"}'


@dataclass(frozen=True)
class HostileJson:
    """`refusal` of the whole file with `message` in its message, or `valid` rows, or `errors`."""

    name: str
    data: bytes
    refusal: str = ""
    message: str = ""
    valid: int = 0
    errors: frozenset[tuple[int, str, str]] = frozenset()


def refused(
    name: str, data: str | bytes, message: str = "", code: str = "MALFORMED_JSON"
) -> HostileJson:
    return HostileJson(name, data.encode() if isinstance(data, str) else data, code, message)


def right(name: str, data: str | bytes, valid: int = 1) -> HostileJson:
    return HostileJson(name, data.encode() if isinstance(data, str) else data, valid=valid)


def wrong(name: str, data: str, *errors: tuple[int, str, str]) -> HostileJson:
    return HostileJson(name, data.encode(), errors=frozenset(errors))


def value(text: str) -> str:
    """An array of a correct item and one with this text in place of its value."""
    return f"[{ITEM}, {OTHER.replace('2.5', text)}]"


def named(text: str) -> str:
    return f"[{ITEM}, {OTHER.replace('cpu', text)}]"


CORPUS = (
    refused("no bytes", b"", code="EMPTY_FILE"),
    refused("blanks only", b" \r\n\t ", code="EMPTY_FILE"),
    refused("an empty array", "[]", code="NO_ROWS"),
    refused("an empty object alone", "{}", "Item 1 cannot be read: it has none of the keys"),
    refused("an Excel workbook", b"PK\x03\x04xl/workbook.xml", "Excel", code="NOT_JSON"),
    refused("a CSV file", "name,value,timestamp\na,1,2\n", "begins with 'name,value", "NOT_JSON"),
    refused("a web page", "<!doctype html><p>504", "a web page", "NOT_JSON"),
    refused("a text", '"[]"', code="NOT_JSON"),
    refused("a number", "42", code="NOT_JSON"),
    refused("the word null", "null", code="NOT_JSON"),
    refused("zeros", b"\0" * 1000, code="NOT_JSON"),
    refused("UTF-16 without a mark", f"[{ITEM}]".encode("utf-16-le"), "UTF-16", "NOT_JSON"),
    refused("UTF-32", f"[{ITEM}]".encode("utf-32"), "UTF-32", "NOT_JSON"),
    refused("a name that is true", named("x").replace('"x"', "true"), "'name' must be a text"),
    refused("a form feed between tokens", f"[{ITEM},\f{OTHER}]", "U+000C"),
    refused("a NUL in a key", r'[{"a\u0000b": [1], "name": "x"}]', "'a\ufffdb' must be"),
    refused("a NUL in keys", r'[{"name": "x", "a\u0000": 1, "a\u0000": 2}]', "'a\ufffd' twice"),
    refused("an object around the array", f'{{"metrics": [{ITEM}]}}', "(was an array)"),
    refused("an array of numbers", "[1, 2]", "Item 1 cannot be read: it must be an object"),
    refused("an array of texts", '["a"]', "(was a text)"),
    refused("an array of arrays", f"[[{ITEM}]]", "(was an array)"),
    refused("null among the items", f"[{ITEM}, null]", "with keys and values (was null)"),
    refused("a value that is an object", value('{"avg": 1}'), "Item 2 cannot be read: 'value'"),
    refused("a value that is an array", value("[1]"), "(was an array)"),
    refused("arrays 100,000 deep", "[" * 100_000, "(was an array)"),
    refused("objects 100,000 deep", '{"a":' * 100_000, "(was an object)"),
    refused("arrays 100,000 deep in a value", value("[" * 100_000), "(was an array)"),
    refused("a key twice", f'[{ITEM[:-1]}, "value": 9}}]', "'value' twice"),
    refused("a key twice by escapes", f'[{ITEM[:-1]}, "v\\u0061lue": 9}}]', "'value' twice"),
    refused("many keys", json.dumps([{f"k{n}": 1 for n in range(501)}]), "more than 500 keys"),
    refused("NaN", value("NaN"), "NaN and Infinity are not numbers"),
    refused("Infinity", value("Infinity"), "NaN and Infinity"),
    refused("-Infinity", value("-Infinity"), "NaN and Infinity"),
    refused("a hexadecimal number", value("0x10")),
    refused("a number with a plus", value("+1")),
    refused("a number with a leading zero", value("007")),
    refused("a number without digits before the point", value(".5")),
    refused("an integer of 5,000 digits", value("9" * 5_000), "4,000 digits in a row"),
    refused("an integer of a million digits", value("9" * 1_000_000), "4,000 digits in a row"),
    refused("an exponent beyond measure", value("1e" + "9" * 30), "a number that is too large"),
    refused("an item cut off", f"[{ITEM}, {ITEM[:20]}", "Item 2 cannot be read: the file ends"),
    refused("an array without its end", f"[{ITEM}", "Item 2 cannot be read: the file ends"),
    refused("a line cut off", f"{ITEM}\n{OTHER[:30]}", "Item 2 cannot be read: the file ends"),
    refused("cut off within a character", named("é").encode().split(b"\xa9")[0], "is damaged"),
    refused("a second array", f"[{ITEM}] [{ITEM}]", "Item 2 cannot be read: it follows"),
    refused("text behind the array", f"[{ITEM}] thanks", "it follows the end of the array"),
    refused("a comma too many", f"[{ITEM},]", "Item 2"),
    refused("a comma too few", f"[{ITEM} {OTHER}]", "Item 2"),
    refused("lines with commas", f"{ITEM},\n{OTHER}"),
    refused("single quotation marks", "[{'name': 'cpu'}]"),
    refused("keys without quotation marks", "[{name: 1}]"),
    refused("a comment", f"[// mine\n{ITEM}]", "comment"),
    refused("a line break in a text", named("a\nb"), "Item 2"),
    refused("an escape that is none", named(r"\x41"), "Item 2"),
    refused("half a character, the first", named(r"\ud83d"), r"\ud83d is half a character"),
    refused("half a character, the second", named(r"\ude00"), r"\ude00 is half a character"),
    refused("halves in the wrong order", named(r"\ude00\ud83d"), "half a character"),
    refused("a byte that is not UTF-8", named("caf\xe9").encode("latin-1"), "is not UTF-8"),
    refused("UTF-8 of a half character", named("X").encode().replace(b"X", b"\xed\xa0\xbd")),
    refused("overlong UTF-8", named("X").encode().replace(b"X", b"\xc0\xaf"), "is not UTF-8"),
    refused("UTF-16 of half a character", codecs.BOM_UTF16_LE + b"[\0\0\xd8x\0", "not UTF-16"),
    refused("a text of 3 MB", named("x" * 3_000_000), "more than 1,000,000 characters"),
    refused("3 MB of escapes", named('\\"' * 1_500_000), "more than 1,000,000 characters"),
    refused("a key of 3 MB", f'[{{"{"k" * 3_000_000}": 1}}]', "more than 1,000,000 characters"),
    refused("3 MB of blanks", f"[{ITEM},{' ' * 3_000_000}{OTHER}]", "as many spaces"),
    right("a byte order mark", codecs.BOM_UTF8 + f"[{ITEM}]".encode()),
    right("UTF-16, little end first", codecs.BOM_UTF16_LE + f"[{ITEM}]".encode("utf-16-le")),
    right("UTF-16, big end first", codecs.BOM_UTF16_BE + f"[{ITEM}]".encode("utf-16-be")),
    right("lines", f"{ITEM}\n{OTHER}\n", 2),
    right("lines of Windows, one of them blank", f"{ITEM}\r\n\r\n{OTHER}", 2),
    right("blanks around", f"\n\n [ {ITEM} , {OTHER} ] \n", 2),
    right("the same item twice", f"[{ITEM}, {ITEM}]", 1),
    right("a name that begins like a formula", named("=cmd()"), 2),
    right("a name with markup", named("<script>alert(1)</script>"), 2),
    right("a name with a whole character in halves", named(r"\ud83d\ude00"), 2),
    right("a name with a backslash before what is no escape", named(r"\\ud83d"), 2),
    right("a name with line breaks and commas", named(r"a\nb,c,d,e"), 2),
    right("a name of a directive", named("'; DROP TABLE metrics; --"), 2),
    wrong("a name with NUL", named(r"a\u0000b"), (2, "name", "INVALID_VALUE")),
    wrong("a name of 900,000 characters", named("n" * 900_000), (2, "name", "FIELD_TOO_LONG")),
    wrong("a number beyond a double", value("1e400"), (2, "value", "INVALID_NUMBER")),
    wrong("a number in quotation marks", value('"1.5"'), (2, "value", "INVALID_NUMBER")),
    wrong("true in place of a number", value("true"), (2, "value", "INVALID_NUMBER")),
    wrong("no value", value("null"), (2, "value", "REQUIRED_FIELD")),
    wrong("an object without keys", f"[{ITEM}, {{}}]", (2, "name", "REQUIRED_FIELD"),
          (2, "value", "REQUIRED_FIELD"), (2, "timestamp", "REQUIRED_FIELD")),
    wrong("keys in capitals", f"[{ITEM}, {OTHER.replace('value', 'Value')}]",
          (2, "value", "REQUIRED_FIELD")),
)  # fmt: skip
