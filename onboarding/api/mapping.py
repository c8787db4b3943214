"""What the columns of a file are: the question that the portal asks, and a program's answer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Body, Path, Router, Schema
from pydantic import ConfigDict, Field

from imports import actions
from imports.mapping.question import Choice, Problem, Question
from imports.models import Upload
from onboarding.api import problems
from onboarding.api.callers import ApiRequest
from onboarding.api.declared import JSON, UploadId, operation
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, digest_of, once
from onboarding.api.uploads import UploadResult, detail_of, visible_upload
from onboarding.uploads.column_choice import MAX_CHARACTERS, MAX_WRONG, question_of
from onboarding.uploads.encodings import readings_of
from vendors.access import READ_UPLOADS, SEND_UPLOADS

router = Router(tags=["uploads"])
NOTHING_ASKED = "There is nothing to say about the columns of this file."
Names = Annotated[dict[str, str], Field(max_length=500)]
Texts = Annotated[
    dict[str, Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]], Field(max_length=500)
]
Short = Annotated[dict[str, Annotated[str, Field(max_length=40)]], Field(max_length=500)]


class FileColumn(Schema):
    name: str = Field(description="As the header has it; unique within the file.")
    filled: int = Field(description="Rows of the file with something in it.")
    values: list[str] = Field(description="The first ones.")
    suggestion: str | None = Field(description="The key of the column of ours that it may be.")


class Encoding(Schema):
    encoding: str
    name: str
    cells: list[str] = Field(description="Cells of the file, read in it.")


class Asked(Schema):
    """What is to be said: where our columns are in the file, or in which encoding it is."""

    columns: list[FileColumn]
    required: list[str] = Field(description="Keys of columns that must be said.")
    encodings: list[Encoding]


class SaidMapping(Schema):
    """By the keys of our columns: the name of the file's column, or one text for all rows; a sign
    beside its numbers to leave out; what to multiply them by."""

    model_config = ConfigDict(extra="forbid", title="Mapping")

    columns: Names = Field(default_factory=dict)
    same: Texts = Field(default_factory=dict)
    signs: Short = Field(default_factory=dict)
    factors: Short = Field(default_factory=dict)
    decimal: Annotated[str, Field(pattern="^[.,]?$")] = Field(
        "", description="The sign before decimals, if the cells do not say."
    )
    first_is_data: bool = Field(False, strict=True, description="The file has no header.")
    encoding: str | None = Field(
        None, max_length=40, description="Of a file whose encoding is not clear, and nothing else."
    )
    sure: bool = Field(False, strict=True, description="Import it though most rows are wrong.")


@operation(
    router,
    "GET",
    "/uploads/{upload_id}/mapping",
    name="get_mapping",
    title="Read what is unclear about a file’s columns",
    scope=READ_UPLOADS,
    answers={200: Asked},
    problems=(404, 409, 422),
)
def get_mapping(request: ApiRequest, upload_id: Path[UploadId]) -> dict[str, Any]:
    """For a file that was refused because its columns, or its encoding, are not clear."""
    upload = visible_upload(request, upload_id)
    if readings := readings_of(upload):
        encodings = [
            {"encoding": each.codec, "name": each.name, "cells": each.cells} for each in readings
        ]
        return {"columns": [], "required": [], "encodings": encodings}
    question = asked_of(upload)
    first, _why = question.at_first()
    columns = [
        {
            "name": question.layout.column_names[i],
            "filled": seen.filled,
            "values": seen.values,
            "suggestion": first.columns.get(i) or None,
        }
        for i, seen in enumerate(question.sample.columns)
    ]
    required = [column.key for column in question.required()]
    return {"columns": columns, "required": required, "encodings": []}


@operation(
    router,
    "POST",
    "/uploads/{upload_id}/mapping",
    name="map_upload",
    title="Say what a file’s columns are",
    scope=SEND_UPLOADS,
    is_upload=True,
    takes=JSON,
    answers={200: UploadResult},
    problems=(404, 409, 411, 413, 415, 422),
    parameters=[KEY],
)
def map_upload(
    request: ApiRequest, upload_id: Path[UploadId], said: Body[SaidMapping]
) -> HttpResponse:
    """Import the file with this answer. It is remembered for the vendor's later files."""
    visible_upload(request, upload_id)

    def start() -> Upload:
        # Looked at here, so that a request that is repeated with its key is not asked again.
        upload = visible_upload(request, upload_id)
        try:
            return import_as_said(upload, said, by=request.auth.person)
        except actions.NotPossible as error:
            raise problems.Problem("NOT_POSSIBLE", str(error)) from error

    def finish(upload: Upload) -> Answer:
        upload.refresh_from_db()
        return Answer.of(200, UploadResult, detail_of(upload))

    return once(request, start=start, finish=finish, digest=digest_of(said))


def import_as_said(upload: Upload, said: SaidMapping, *, by: Any) -> Upload:
    """Raises Problem and NotPossible."""
    if readings := readings_of(upload):
        chosen = next((each for each in readings if each.codec == said.encoding), None)
        if chosen is None:
            names = ", ".join(each.codec for each in readings)
            raise invalid([("body/encoding", _("must be one of: %s") % names)])
        return actions.import_as_read(upload.upload_id, chosen, by=by)
    question = asked_of(upload)
    if not upload.can_be_retried:
        raise actions.NotPossible(actions.why_not_retried(upload))
    choice = choice_of(question, said)
    if found := question.problems(choice):
        raise invalid([(pointer_of(each, choice, question), each.text) for each in found])
    wrong = question.wrong_share(choice, now().date())
    if wrong > MAX_WRONG and not said.sure:
        text = _("%s%% of the first rows would be rejected. If this is right, say “sure”.")
        raise invalid([("body/sure", text % round(100 * wrong))])
    return actions.import_as_mapped(upload.upload_id, question.answers(choice), by=by)


def asked_of(upload: Upload) -> Question:
    """The question about the file's columns. Raises Problem if there is none."""
    question = question_of(upload)
    if question is None:
        raise problems.Problem("NOT_POSSIBLE", NOTHING_ASKED)
    return question


def choice_of(question: Question, said: SaidMapping) -> Choice:
    """What was said, by positions. Raises Problem if it names a column that does not exist."""
    places = {name: i for i, name in enumerate(question.layout.column_names)}
    if wrong := list(unknown(question, said, places)):
        raise invalid(wrong)
    taken = {key: places[name] for key, name in said.columns.items()}
    return Choice(
        columns={},
        taken=taken,
        constants=said.same,
        signs={taken[key]: sign for key, sign in said.signs.items()},
        factors={taken[key]: factor for key, factor in said.factors.items()},
        decimal=said.decimal,
        first_is_data=said.first_is_data,
    )


def unknown(
    question: Question, said: SaidMapping, places: Mapping[str, int]
) -> Iterator[tuple[str, str]]:
    """(pointer, text) of names that neither the data set nor the file has."""
    columns = question.dataset.by_key
    for key, name in said.columns.items():
        if key not in columns:
            yield f"body/columns/{key}", _("no column of ours has this key")
        if name not in places:
            yield f"body/columns/{key}", _("the file has no column “%s”") % name
    for key in said.same:
        if key not in columns or key in said.columns:
            yield f"body/same/{key}", _("must be a column of ours that is not in “columns”")
        elif not question.may_be_constant(columns[key]):
            yield f"body/same/{key}", _("must be different in each row")
    for part in ("signs", "factors"):
        for key in getattr(said, part):
            if key not in said.columns or not columns[key].is_number:
                yield f"body/{part}/{key}", _("must be a column of numbers that is in “columns”")


def pointer_of(problem: Problem, choice: Choice, question: Question) -> str:
    """Where in the request a problem is that is named by a field of the form."""
    part, _dash, rest = problem.field.partition("-")
    if part == "factor":
        key = next(key for key, place in choice.positions.items() if str(place) == rest)
        return f"body/factors/{key}"
    places = {"take": f"body/columns/{rest}", "same": f"body/same/{rest}", "column": "body/columns"}
    return places.get(part, "body/decimal")


def invalid(errors: list[tuple[str, str]]) -> problems.Problem:
    found = [{"pointer": pointer, "detail": text} for pointer, text in errors]
    return problems.Problem("INVALID_MAPPING", errors=found)
