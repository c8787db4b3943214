"""Rejected rows that a program corrects, by value or cell by cell, without the rest of the file."""

import io
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Body, Path, Router, Schema
from pydantic import ConfigDict, Field

from imports import actions
from imports.corrections.corrected import Judged
from imports.corrections.fixes import Fixes
from imports.corrections.open_rows import Shape, comparable
from imports.corrections.sending import Correction
from imports.intake import receive
from imports.models import Upload
from imports.reports.corrections import left_in
from imports.rules.replacements import Value
from onboarding.api.callers import ApiRequest
from onboarding.api.declared import JSON, UploadId, operation
from onboarding.api.problems import Problem
from onboarding.api.repeats import PARAMETER as KEY
from onboarding.api.repeats import Answer, digest_of, once
from onboarding.api.uploads import RETRY_AFTER, UploadResult, detail_of, visible_upload
from onboarding.uploads.storing import store
from vendors.access import SEND_UPLOADS

router = Router(tags=["uploads"])
MOST = 1_000  # values, and cells
SHOWN = 5  # rejected values, and rows, in the text of a problem


class ValueFix(Schema):
    """In all rejected rows with this text in the column, another one."""

    model_config = ConfigDict(extra="forbid")

    column: str = Field(max_length=100, description="The column's key.")
    value: str = Field(max_length=200, description="The cell as it was sent; empty for none.")
    to: str = Field(max_length=5_000)
    remember: bool = Field(False, strict=True, description="Read later files like this, too.")


class CellFix(Schema):
    """In one row, another text."""

    model_config = ConfigDict(extra="forbid")

    row: int = Field(ge=1, strict=True, description="The row's number, as errors have it.")
    column: str = Field(max_length=100, description="The column's key.")
    to: str = Field(max_length=5_000)


class SaidFixes(Schema):
    model_config = ConfigDict(extra="forbid", title="Fixes")

    values: list[ValueFix] = Field(default_factory=list, max_length=MOST)
    cells: list[CellFix] = Field(default_factory=list, max_length=MOST)


class Unmatched(Schema):
    pointer: str = Field(description="Its place in the request, such as body/values/0.")
    detail: str


class Sent(Schema):
    upload: UploadResult
    sent_rows: int
    left_rows: int = Field(description="Rejected rows that still need fixing.")
    unmatched: list[Unmatched] = Field(
        description="What of the request is about no rejected row, and was left out."
    )


@operation(
    router,
    "POST",
    "/uploads/{upload_id}/corrections",
    name="correct_upload",
    title="Correct rejected rows",
    scope=SEND_UPLOADS,
    is_upload=True,
    takes=JSON,
    answers={201: Sent},
    problems=(404, 409, 411, 413, 415, 422),
    parameters=[KEY],
)
def correct_upload(
    request: ApiRequest, upload_id: Path[UploadId], said: Body[SaidFixes]
) -> HttpResponse:
    """The rows that then have no error any more are sent as an upload of their own, which the
    answer has. If something that you say breaks a rule, nothing is sent."""
    visible_upload(request, upload_id)
    made: list[Correction] = []

    def start() -> Upload:
        corrected = visible_upload(request, upload_id)
        correction = correction_of(corrected, said, by=request.auth.person)
        if correction.upload is None:
            raise nothing_sent(corrected, said, correction)
        made[:] = [correction]
        return correction.upload

    def finish(upload: Upload) -> Answer:
        if made and not store(upload, io.BytesIO(made[0].body)):
            raise Problem(
                "STORAGE_UNAVAILABLE", more={"upload_id": upload.upload_id}, headers=RETRY_AFTER
            )
        upload.refresh_from_db()
        left = left_in([visible_upload(request, upload_id)])[upload_id]
        value: dict[str, Any] = {
            "upload": detail_of(upload),
            "sent_rows": upload.corrected_records,
            "left_rows": left,
            "unmatched": unmatched(said, made[0].judged) if made else [],
        }
        return Answer.of(201, Sent, value, created=upload.upload_id)

    def is_lost(upload: Upload) -> bool:
        """Its file was not stored, and is not known any more."""
        if upload.s3_version is not None or receive.receive_stored(upload):
            return False
        receive.give_up(upload.upload_id)
        return True

    return once(request, start=start, finish=finish, digest=digest_of(said), is_lost=is_lost)


def correction_of(upload: Upload, said: SaidFixes, *, by: Any) -> Correction:
    """Raises Problem."""
    if reason := actions.why_not_corrected(upload):
        raise Problem("NOT_POSSIBLE", reason)
    fixes = fixes_of(said, Shape.of(upload))
    known = upload.corrections.count()
    try:
        return actions.correct(upload.upload_id, fixes, known=known, by=by)
    except actions.NotPossible as error:
        raise Problem("NOT_POSSIBLE", str(error)) from error
    except actions.Corrected as error:
        words = _("%s has just corrected rows of this upload. Look at its errors again.")
        raise Problem("NOT_POSSIBLE", words % error.correction.upload_id) from error


def fixes_of(said: SaidFixes, shape: Shape) -> Fixes:
    """Raises Problem for a column that the file does not have."""
    words = _("must be the key of a column of the file: %s") % ", ".join(shape.sources)
    errors = [
        {"pointer": f"body/{part}/{i}/column", "detail": words}
        for part in ("values", "cells")
        for i, fix in enumerate(getattr(said, part))
        if fix.column not in shape.sources
    ]
    if errors:
        raise Problem("INVALID_CORRECTION", errors=errors)
    values = {Value(fix.column, comparable(fix.value)): fix for fix in said.values}
    cells: dict[int, dict[int, str]] = {}
    for fix in said.cells:
        cells.setdefault(fix.row, {})[shape.sources[fix.column]] = fix.to
    return Fixes(
        {value: fix.to for value, fix in values.items()},
        cells,
        frozenset(value for value, fix in values.items() if fix.remember),
    )


def unmatched(said: SaidFixes, judged: Judged) -> list[dict[str, str]]:
    """The fixes that are about no rejected row, by their places in the request."""
    values = [
        {"pointer": f"body/values/{i}", "detail": not_rejected(fix.column, judged)}
        for i, fix in enumerate(said.values)
        if Value(fix.column, comparable(fix.value)) not in judged.rejected
    ]
    words = _("is about a row that is not rejected, or was corrected before; rejected: %s")
    rows = listed(sorted(judged.rows))
    cells = [
        {"pointer": f"body/cells/{i}", "detail": words % rows}
        for i, fix in enumerate(said.cells)
        if fix.row not in judged.rows
    ]
    return values + cells


def not_rejected(column: str, judged: Judged) -> str:
    texts = listed([value.cell for value in judged.rejected if value.column == column])
    if not texts:
        return _("matches no row: no rejected row has an error in this column")
    return _("matches no row; these values of the column were rejected: %s") % texts


def listed(found: Sequence[object]) -> str:
    shown = ", ".join(f"“{each}”" if isinstance(each, str) else str(each) for each in found[:SHOWN])
    return f"{shown}, …" if len(found) > SHOWN else shown


def nothing_sent(upload: Upload, said: SaidFixes, correction: Correction) -> Problem:
    """Why a correction was not sent."""
    judged = correction.judged
    keys = {place: key for key, place in Shape.of(upload).sources.items()}
    errors = [
        {"pointer": f"body/values/{value.column}/{value.cell}", "detail": text}
        for value, text in judged.values.items()
    ] + [
        {"pointer": f"body/cells/{row}/{keys.get(place, place)}", "detail": text}
        for (row, place), text in judged.cells.items()
    ]
    errors += unmatched(said, judged)
    if errors:
        return Problem("INVALID_CORRECTION", errors=errors)
    if not (said.values or said.cells):
        return Problem("INVALID_CORRECTION", _("Say at least one value or cell."))
    words = _(
        "The rows have other errors, too, so none of them could be sent. Correct all errors of a "
        "row in one request."
    )
    return Problem("INVALID_CORRECTION", words)
