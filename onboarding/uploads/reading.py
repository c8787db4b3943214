"""How a file was read, as far as it was not written in our own way."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.formats import encoding
from imports.formats.layout import Layout
from imports.rules.matching import OWN_NAME, PRESET, SYNONYM
from imports.rules.number_format import COMMA
from imports.rules.wording import as_sentence, truncate

MAX_SHEETS = 10  # that are named


@dataclass(frozen=True)
class Reading:
    """What a person should see at a glance about how their file was understood."""

    layout: Layout
    dataset: Dataset

    @property
    def sheet(self) -> str:
        return self.layout.sheet

    @property
    def sheet_notes(self) -> Iterator[str]:
        """What of a workbook was not read."""
        if others := self.layout.other_sheets:
            names = as_sentence(f"“{truncate(name)}”" for name in others[:MAX_SHEETS])
            if len(others) > MAX_SHEETS:
                names = gettext("%(names)s and others") % {"names": names}
            yield gettext("Not read: %(names)s.") % {"names": names}
        if self.layout.merged:
            words = gettext(
                "The sheet has merged cells (%(cells)s). Only the first cell of a merged range has "
                "a value: unmerge them if a row lacks one."
            )
            yield words % {"cells": self.layout.merged}

    @property
    def encoding(self) -> str:
        return encoding.name_of(self.layout.encoding)

    @property
    def header_row(self) -> int | None:
        """Where the column names stand, unless it is the usual place."""
        row = self.layout.header_row
        return row if row > 1 and not self.layout.first_is_data else None

    @property
    def columns(self) -> dict[str, list[tuple[str, str]]]:
        """The columns of the file with names of their own, and ours that they were read as, by how
        we know."""
        found: dict[str, list[tuple[str, str]]] = {}
        sources = self.layout.sources_in(self.dataset)
        for key, source in sorted(sources.items(), key=lambda item: item[1]):
            if source.why != OWN_NAME:
                pair = self.layout.header[source.position], self.dataset.label(key)
                found.setdefault(self.why(source.why), []).append(pair)
        return found

    def why(self, reason: str) -> str:
        if reason == PRESET:
            return gettext("Columns, as in %(program)s") % {"program": self.layout.preset}
        return gettext("Columns") if reason == SYNONYM else gettext("Columns, as you chose")

    @property
    def constants(self) -> Iterator[str]:
        for key, text in self.layout.constants.items():
            names = {"column": self.dataset.label(key), "text": text}
            yield gettext("%(column)s: “%(text)s”") % names

    @property
    def numbers(self) -> Iterator[str]:
        if self.layout.decimal == COMMA:
            yield gettext("Decimals after a comma: 12,50")
        for key, factor in self.layout.factors.items():
            names = {"factor": factor, "column": self.dataset.label(key)}
            yield gettext("%(column)s multiplied by %(factor)s") % names
        for key, sign in self.layout.beside.items():
            names = {"sign": sign, "column": self.dataset.label(key)}
            yield gettext("“%(sign)s” left out of %(column)s") % names
