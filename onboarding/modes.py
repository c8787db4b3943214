"""How a file can be imported, in the words of its data set."""

from dataclasses import dataclass

from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.models import Upload


@dataclass(frozen=True)
class Mode:
    """One way to import a file: its key, its title and one line of explanation."""

    key: str
    title: str
    about: str


def modes_of(dataset: Dataset) -> list[Mode]:
    """The ways this data set's files can be imported, the usual one first."""
    names = {
        "noun": dataset.noun,
        "nouns": dataset.nouns,
        "identity": dataset.label(dataset.identity),
    }
    every = {
        Upload.Mode.CREATE.value: Mode(
            "create",
            dataset.mode_title("create"),
            str(dataset.known_rows)
            or gettext("Rows for %(nouns)s you already have are rejected.") % names,
        ),
        Upload.Mode.UPDATE.value: Mode(
            "update",
            dataset.mode_title("update"),
            gettext("We match on %(identity)s. Empty cells keep the current value.") % names,
        ),
        Upload.Mode.CHECK.value: Mode(
            "check",
            dataset.mode_title("check"),
            gettext("See every error first. Nothing is imported."),
        ),
    }
    return [every[key] for key in dataset.modes]
