"""JSON to rows: an array of objects, or one object per line, read as it comes.

An item is numbered by its place, from 1. Nothing of a file is in memory but the item at hand and a
chunk of text: whatever the file is, a token longer than a million characters ends the reading, and
so does any nesting within an item. Text that is not valid JSON refuses the whole file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.formats.json_reader import encoding_of, items, malformed
from imports.formats.layout import Layout
from imports.rules.matching import NOTHING_KNOWN, Known
from imports.rules.refusals import Refused
from imports.rules.schema import Schema
from imports.rules.wording import as_sentence

MAX_OTHER_KEYS = 50  # that are kept beside the data set's own, to say that they are ignored
MAX_KEY_CHARACTERS = 100


@dataclass(frozen=True)
class Json:
    """Reads JSON: an array of objects, or one object per line.

    The rows' columns are the data set's keys, as they are written, and other keys of the first
    object after them. A text is kept as it is. In the columns `numbers` a text keeps its
    quotation marks, by which their rule tells it from a number.
    """

    numbers: frozenset[str] = frozenset()
    extension = "json"
    in_words = "JSON"
    columns_can_be_named = False
    may_be_workbook = False
    rules = ()
    refuses = frozenset({"NOT_JSON", "MALFORMED_JSON"})
    media_type = "application/json"
    about_template = _("with all keys and one example.")
    about = (
        _("Send an array of objects, [{…}, {…}], or one object per line."),
        _("Other keys are ignored; the upload’s page lists those of the first object."),
        _("Save the file in UTF-8, or in UTF-16 with a byte order mark."),
        _("Write numbers without quotation marks. NaN and Infinity are not numbers."),
        _("Row numbers in reports count the objects from 1."),
    )

    def media_type_of(self, file_name: str) -> str:
        return self.media_type

    def scan(self, path: Path, schema: Schema, mode: str, known: Known = NOTHING_KNOWN) -> Layout:
        """How the file is to be read, by its first item; the others are looked at as they are
        read. Raises Refused."""
        encoding = encoding_of(path)
        first = next(items(path, encoding), None)
        if first is None:
            raise Refused("NO_ROWS")
        keys = [column.key for column in schema.columns]
        if not first.keys() & set(keys):
            raise malformed(
                1, gettext("it has none of the keys {keys}").format(keys=as_sentence(keys))
            )
        others = [key for key in first if len(key) <= MAX_KEY_CHARACTERS and key.isprintable()]
        return Layout(
            encoding=encoding,
            delimiter="",
            header=(*keys, *schema.unknown(others, schema.match(others))[:MAX_OTHER_KEYS]),
            header_row=0,
            data_rows=0,
            first_is_data=True,
        )

    def rows(self, path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
        """(place, cells) of every item. Raises Refused where the text is not JSON any more."""
        columns = [(key, key in self.numbers) for key in layout.header]
        for number, item in enumerate(items(path, layout.encoding), 1):
            value_of = item.get
            yield (
                number,
                [
                    value
                    if (value := value_of(key)).__class__ is str and not quoted
                    else as_cell(value, quoted, key, number)
                    for key, quoted in columns
                ],
            )

    def template(self, schema: Schema) -> bytes:
        """An array of one object that holds the example of each column."""
        example = {
            column.key: json.loads(column.example) if column.key in self.numbers else column.example
            for column in schema.columns
        }
        return json.dumps([example], indent=2, ensure_ascii=False).encode() + b"\n"


def as_cell(value: Any, quoted: bool, key: str, number: int) -> str:
    """A JSON value as the rules read it; null is an empty cell. Raises Refused for a truth value
    in a column of texts: the item with that `number` is not what it should be."""
    if value is None:
        return ""
    if isinstance(value, bool):
        if not quoted:
            problem = gettext("'{key}' must be a text (was true or false)").format(key=key)
            raise malformed(number, problem)
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if quoted else value
    return str(value)
