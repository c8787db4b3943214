"""The portal's words for what the pipeline calls by short names."""

from dataclasses import dataclass
from typing import Any

from imports.dataset import Dataset
from imports.models import Upload
from imports.rules.columns import header_name


@dataclass(frozen=True)
class Mode:
    """One way to treat a file: its key, its title and one line of explanation."""

    key: str
    title: str
    about: str


def modes_of(dataset: Dataset) -> list[Mode]:
    """The ways this data set's files can be treated, the usual one first."""
    noun, nouns = dataset.noun, dataset.nouns
    identity = dataset.label(dataset.identity)
    every = {
        Upload.Mode.CREATE.value: Mode(
            "create",
            f"Import {nouns}" if dataset.known_rows else f"Add new {nouns}",
            dataset.known_rows
            or f"Every row becomes a new {noun}. A row whose {noun} exists already is reported.",
        ),
        Upload.Mode.UPDATE.value: Mode(
            "update",
            f"Update {nouns} and add new ones",
            f"{identity} finds the {noun}; filled cells change it, empty ones leave it alone.",
        ),
        Upload.Mode.CHECK.value: Mode(
            "check",
            "Check only",
            "You get the same report, and nothing is imported. Good for a first try.",
        ),
    }
    return [every[key] for key in dataset.modes]


def mode_title(upload: Upload, dataset: Dataset) -> str:
    return next((m.title for m in modes_of(dataset) if m.key == upload.mode), upload.mode)


def header_check(dataset: Dataset) -> dict[str, Any]:
    """What the browser needs to look at a file before it is sent: limits and column names."""
    return {
        "maxBytes": dataset.byte_limit,
        "kind": dataset.format.in_words,
        # Only where there is one, and it names known columns, is a look at the header of use.
        "looksAtHeader": dataset.format.has_known_header,
        "columns": [
            {
                "label": column.label,
                "names": sorted({header_name(column.key), header_name(column.label)}),
                "required": column.required is not None,
                "isIdentity": column.key == dataset.identity,
            }
            for column in dataset.columns
        ],
    }
