"""The page that corrects rejected rows: what it shows, and what was entered in it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from django.contrib.auth.models import User
from django.http import QueryDict

from catalog.category_names import comparable as names_compared
from imports.corrections.corrected import Judged
from imports.corrections.drafts import draft_of
from imports.corrections.fixes import Fixes
from imports.corrections.open_rows import OpenRow, Shape, comparable, open_rows
from imports.corrections.values import OpenErrors, Part, WrongValue
from imports.mapping.values import can_be_kept, replacements_of
from imports.models import CategoryRequest, RowError, Upload
from imports.reports.error_counts import counts_of, unlisted
from imports.rules.columns import Column
from imports.rules.remedies import remedy_for
from imports.rules.replacements import Replacements, Value
from imports.validation.entered import Finding
from imports.wanted.asking import can_be_wanted, requests_about
from onboarding.products.product_edit import in_lines, is_same

PER_PAGE = 50  # values, and rows
MOST_CHOICES = 200  # in a select; beside a longer list, a field suggests names
LONG = 80  # characters, from which on a field has several lines
# What a browser can send of rows: see DATA_UPLOAD_MAX_NUMBER_FIELDS and ..._MEMORY_SIZE.
MOST_CELLS = 1_000
MOST_TEXT = 150_000  # characters
NUMBER = re.compile(r"[0-9]{1,7}")
CELL = re.compile(r"cell-([0-9]{1,9})-([0-9]{1,4})")


@dataclass(frozen=True)
class ValueField:
    """A wrong value and what is to be in its place: `text` is in the field. `can_be_kept`: there is
    a box that remembers it. `can_be_wanted`: there is a button that requests it as a category, and
    `wanted` is the request. `error` is what is wrong with what was entered."""

    number: int
    wrong: WrongValue
    text: str
    can_be_kept: bool
    is_kept: bool
    said: Finding
    error: str = ""
    can_be_wanted: bool = False
    wanted: CategoryRequest | None = None

    @property
    def key(self) -> str:
        """The value, as the form sends it back."""
        return json.dumps(self.wrong.value)

    @property
    def is_long(self) -> bool:
        return is_long(self.text) or is_long(self.wrong.cell)

    @property
    def has_select(self) -> bool:
        return 0 < len(self.wrong.names) <= MOST_CHOICES

    @property
    def names(self) -> list[str]:
        """To choose from."""
        own = [self.text] if self.text != self.wrong.cell else []
        return [*dict.fromkeys([*self.wrong.names, *own])]


@dataclass(frozen=True)
class CellField:
    """A cell of a row: its name in the form, what its column is called, and what is in the field;
    what is wrong with the cell, and what to do about it."""

    name: str
    label: str
    text: str
    column: Column | None
    found: list[Finding] = field(default_factory=list)
    error: str = ""

    @property
    def is_long(self) -> bool:
        return is_long(self.text)


@dataclass(frozen=True)
class RowFields:
    """A rejected row: what a person knows it by, what is wrong with it as a whole, the fields of
    its cells, and the cells beyond the last column."""

    number: int
    about: list[str]
    found: list[Finding]
    cells: list[CellField]
    surplus: list[str]


@dataclass(frozen=True)
class Section:
    """Which part of a list is shown, and the queries of the parts before and after it."""

    name: str
    page: int
    count: int
    more: str

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return min(self.count, self.page * PER_PAGE)

    @property
    def before(self) -> str:
        return f"{self.name}={self.page - 1}{self.more}" if self.page > 1 else ""

    @property
    def after(self) -> str:
        return f"{self.name}={self.page + 1}{self.more}" if self.last < self.count else ""


class Mistake(NamedTuple):
    """What is wrong with what was entered, and the ID of the field; "" if it is on another page."""

    text: str
    field: str


class FixForm:
    """The page of an upload: `asked` says which part of it; `fixes` is what the person has entered
    so far, and `judged` what the rules say about it."""

    def __init__(self, upload: Upload, asked: Mapping[str, str], *, by: User) -> None:
        self.upload = upload
        self.shape = Shape.of(upload)
        self.open = OpenErrors(upload, self.shape.dataset)
        self.fixes = draft_of(upload, by=by)
        self.judged = Judged()
        self.values_page = number_in(asked.get("values"))
        self.rows_page = number_in(asked.get("rows"))
        self.every = asked.get("every") == "1"
        self.row = number_in(asked.get("row"), least=0)

    # --- What was entered ---------------------------------------------------------------------

    def take(self, sent: QueryDict) -> None:
        """Keep what was entered on the page that was sent: what differs from the file."""
        values = {
            value: in_lines(text)
            for key, text in zip(sent.getlist("of"), sent.getlist("to"), strict=False)
            if (value := value_of(key)) and value.column in self.open.by_value
        }
        cells = {
            (int(found[1]), int(found[2])): in_lines(sent.getlist(name)[-1])
            for name in sent
            if (found := CELL.fullmatch(name))
        }
        here = {row for row, _ in cells}
        rows = {row.number: row for row in open_rows(self.upload, self.shape, here)}
        entered: dict[int, dict[int, str]] = {}
        for (number, position), text in cells.items():
            row = rows.get(number)
            if row and position < len(row.cells) and not is_same(text, row.cells[position]):
                entered.setdefault(number, {})[position] = text
        changed = {value: text for value, text in values.items() if not is_same(text, value.cell)}
        asked = set(map(value_of, sent.getlist("keep")))
        kept = frozenset(value for value in changed if value in asked and self.can_keep(value))
        self.fixes = self.fixes.without(values, cells) | Fixes(changed, entered, kept)

    def leave(self, value: Value) -> None:
        """Nothing is to be in the place of the value."""
        self.fixes = self.fixes.without([value], ())

    def can_keep(self, value: Value) -> bool:
        """Whether its replacement may be remembered."""
        column = self.shape.dataset.by_key[value.column]
        return bool(value.cell) and not column.is_number and can_be_kept(self.upload)

    # --- What is shown ------------------------------------------------------------------------

    @cached_property
    def wrong_values(self) -> Part[WrongValue]:
        start = (self.values_page - 1) * PER_PAGE
        return self.open.values(start=start, most=PER_PAGE)

    @cached_property
    def values(self) -> list[ValueField]:
        start = (self.values_page - 1) * PER_PAGE
        return [self._value(i, wrong) for i, wrong in enumerate(self.wrong_values.found, start + 1)]

    def _value(self, number: int, wrong: WrongValue) -> ValueField:
        value = wrong.value
        column = wrong.column
        entered = self.fixes.values.get(value)
        request = self._request_for(wrong)
        # What staff have decided applies to the next files, too.
        is_decided = request is not None and request.is_in_force
        text = entered if entered is not None else self._suggested(wrong, request) or wrong.cell
        return ValueField(
            number=number,
            wrong=wrong,
            text=text,
            can_be_kept=self.can_keep(value) and not is_decided,
            is_kept=value in self.fixes.kept or (entered is None and bool(wrong.names)),
            said=self._said(column.key, wrong.error_type, wrong.message),
            error=self.judged.values.get(value, ""),
            can_be_wanted=can_be_wanted(self.upload, value, wrong.error_type),
            wanted=request,
        )

    def _suggested(self, wrong: WrongValue, request: CategoryRequest | None) -> str:
        """What is in the field at first: what staff have mapped the value to, or what it is
        remembered as; nothing while staff review it."""
        if request and request.is_open:
            return ""
        if request and request.category and request.category.name in wrong.names:
            return request.category.name
        remembered = self.remembered.get(wrong.column.key, {}).get(wrong.cell, "")
        is_right = remembered in wrong.names or not wrong.names
        return remembered if is_right and remembered else wrong.suggestion

    @cached_property
    def remembered(self) -> Replacements:
        return replacements_of(self.upload)

    def _request_for(self, wrong: WrongValue) -> CategoryRequest | None:
        if not can_be_wanted(self.upload, wrong.value, wrong.error_type):
            return None
        return self.requests.get(names_compared(wrong.cell))

    @cached_property
    def requests(self) -> dict[str, CategoryRequest]:
        """What became of requests for categories, by name."""
        return requests_about(self.upload)

    @property
    def other_requests(self) -> list[CategoryRequest]:
        """Those asked on this page whose value it does not show, the newest first."""
        shown = {each.wanted.pk for each in self.values if each.wanted}
        here = [each for each in self.requests.values() if each.upload_id == self.upload.pk]
        return [each for each in reversed(here) if each.pk not in shown]

    @cached_property
    def row_numbers(self) -> Part[int]:
        if self.row:
            return Part([self.row], 1)
        start = (self.rows_page - 1) * PER_PAGE
        return self.open.rows(start=start, most=PER_PAGE, every=self.every)

    @cached_property
    def rows(self) -> list[RowFields]:
        """Those that a browser could not send have no fields, unless one row is shown alone."""
        shown = []
        cells = text = 0
        for row in map(self._row, open_rows(self.upload, self.shape, self.row_numbers.found)):
            more_cells, more_text = len(row.cells), sum(len(cell.text) for cell in row.cells)
            if not self.row and (cells + more_cells > MOST_CELLS or text + more_text > MOST_TEXT):
                shown.append(replace(row, cells=[]))
            else:
                shown.append(row)
                cells, text = cells + more_cells, text + more_text
        return shown

    def _row(self, row: OpenRow) -> RowFields:
        dataset, sources = self.shape.dataset, self.shape.sources
        wrong: dict[int, list[RowError]] = {}
        whole: list[RowError] = []
        for error in row.errors:
            at = sources.get(error.column_name)
            if at is None:
                whole.append(error)
            else:
                wrong.setdefault(at, []).append(error)
        by_value = {(each.column.key, each.cell) for each in self.wrong_values.found}
        if whole or self.row:
            positions = [*range(len(row.cells))]
        elif self.every:
            positions = sorted(wrong)
        else:
            positions = [
                at
                for at, errors in sorted(wrong.items())
                if (errors[0].column_name, comparable(row.cells[at])) not in by_value
            ]
        columns = {at: dataset.by_key[key] for key, at in sources.items()}
        known_by = (sources[key] for key in dataset.report_before if key in sources)
        return RowFields(
            number=row.number,
            about=[row.cells[at] for at in known_by if row.cells[at] and at not in positions],
            found=[self._said_of(error) for error in whole],
            cells=[
                CellField(
                    name=f"cell-{row.number}-{at}",
                    label=columns[at].label if at in columns else self.shape.header[at],
                    text=self.fixes.cells.get(row.number, {}).get(at, row.cells[at]),
                    column=columns.get(at),
                    found=[self._said_of(error) for error in wrong.get(at, [])],
                    error=self.judged.cells.get((row.number, at), ""),
                )
                for at in positions
            ],
            surplus=row.surplus,
        )

    def _said(self, column: str, code: str, message: str) -> Finding:
        return Finding(code, message, remedy_for(self.shape.dataset, column, code))

    def _said_of(self, error: RowError) -> Finding:
        return self._said(error.column_name, error.error_type, error.error_message)

    @property
    def values_part(self) -> "Section":
        return Section("values", self.values_page, self.wrong_values.count, self._more("rows"))

    @property
    def rows_part(self) -> "Section":
        count = 0 if self.row else self.row_numbers.count
        return Section("rows", self.rows_page, count, self._more("values"))

    def _more(self, other: str) -> str:
        """The rest of an address that stays on the page shown of the `other` section."""
        page = self.rows_page if other == "rows" else self.values_page
        return (f"&{other}={page}" if page > 1 else "") + ("&every=1" if self.every else "")

    @property
    def mistakes(self) -> list["Mistake"]:
        """What is wrong with what was entered, with the field that it is in, if this page shows
        it."""
        found = [Mistake(each.error, f"value-{each.number}") for each in self.values if each.error]
        cells = [cell for row in self.rows for cell in row.cells if cell.error]
        found += [Mistake(cell.error, cell.name) for cell in cells]
        elsewhere = [*self.judged.values.values(), *self.judged.cells.values()]
        shown = {each.text for each in found}
        return found + [Mistake(text, "") for text in elsewhere if text not in shown]

    @cached_property
    def unlisted(self) -> str:
        """Says how many errors cannot be shown, because only the first ones are stored; "" if all
        are."""
        return unlisted(counts_of(self.upload))

    @property
    def lists(self) -> dict[str, list[str]]:
        """Names for fields whose list is too long for a select, by the key of their column."""
        long = (v.wrong for v in self.values if len(v.wrong.names) > MOST_CHOICES)
        return {wrong.column.key: wrong.names for wrong in long}


def number_in(text: str | None, *, least: int = 1) -> int:
    """The number that an address says; `least` if it is none, or smaller."""
    is_number = text is not None and NUMBER.fullmatch(text)
    return max(least, int(text)) if text and is_number else least


def is_long(text: str) -> bool:
    """Whether it needs a field of several lines. One of one line would lose line breaks."""
    return len(text) > LONG or "\n" in text or "\r" in text


def value_of(key: str) -> Value | None:
    """The value that the form has sent back; None if it is none of ours."""
    try:
        match json.loads(key):
            case [str(column), str(cell)] if "\0" not in cell:
                cell.encode()  # half a character is an error
                return Value(column, cell)
    except (ValueError, RecursionError):
        return None
    return None
