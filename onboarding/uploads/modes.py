"""How a file can be imported, in the words of its data set."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from imports.dataset import Dataset
from imports.models import Upload
from imports.rules.schema import UPDATING


@dataclass(frozen=True)
class Mode:
    """One way to import a file: its key, its title and one line of explanation."""

    key: str
    title: str
    about: str


@dataclass(frozen=True)
class Choice:
    """What a person chose for a file: a mode that imports, and whether only to check it."""

    mode: str
    only_check: bool


def choice_of(chosen: Sequence[str]) -> Choice | None:
    """The choice that the field `mode` says; None if it names no mode, or two that import.

    The form's checkbox is a second value of that field, after the first. A version that does not
    know the checkbox reads the last value, and so does not import a file to be checked.
    """
    modes = {mode for mode in chosen if mode != Upload.Mode.CHECK}
    only_check = Upload.Mode.CHECK in chosen
    if len(modes) > 1 or not chosen:
        return None
    return Choice(modes.pop() if modes else Upload.Mode.CREATE.value, only_check)


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
            gettext(
                "We match on %(identity)s. Empty cells keep the current value; (clear) empties it."
            )
            % names,
        ),
        Upload.Mode.REPLACE.value: Mode(
            "replace",
            dataset.mode_title("replace"),
            gettext(
                "The file has your whole catalog. We update, and %(nouns)s that are not in it "
                "become inactive. If that is more than %(share)s%% of yours, we ask you first."
            )
            % {**names, "share": settings.REPLACE_MAX_SHARE},
        ),
        Upload.Mode.CHECK.value: Mode(
            "check",
            gettext("Check only: import nothing"),
            gettext("See every error, and what the import you chose would change."),
        ),
    }
    return [every[key] for key in dataset.modes]


def again(upload: Upload) -> str:
    """The query of the form for another file of this kind. The rows to fix of a file are not the
    whole catalog."""
    if upload.replaces and upload.is_refused:
        return f"?dataset={upload.dataset}&mode=replace"
    return f"?dataset={upload.dataset}" + ("&mode=update" if upload.base_mode in UPDATING else "")
