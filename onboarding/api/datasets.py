"""What a file must be like: columns, rules and codes, from the declaration of its data set."""

from typing import Annotated, Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from ninja import Path, Router, Schema
from pydantic import Field

from imports.dataset import Dataset
from imports.notifications.addresses import help_url
from imports.rules.base import ERROR, NOTICE, WARNING
from onboarding.api.callers import ApiRequest
from onboarding.api.declared import operation
from onboarding.datasets import datasets_for
from onboarding.help.help import (
    ErrorCode,
    file_error_codes,
    notice_codes,
    row_error_codes,
    warning_codes,
)
from onboarding.help.json_schema import schema_of

router = Router(tags=["data sets"])
REFUSAL = "refusal"
Key = Annotated[str, Field(pattern="^[a-z0-9_]{1,50}$")]


class DatasetSummary(Schema):
    key: str
    title: str
    modes: list[str]
    can_be_checked: bool
    max_bytes: int
    max_rows: int
    help: str


class Datasets(Schema):
    datasets: list[DatasetSummary]


class ColumnOut(Schema):
    key: str
    label: str
    required: bool = Field(description="To create a record.")
    rules: list[str]
    example: str
    about: str


class Code(Schema):
    code: str
    severity: str = Field(
        description="error, warning or notice about a row; refusal of a whole file."
    )
    title: str
    columns: list[str] = Field(description="Names of the columns that can cause it.")
    remedies: list[str]
    help: str


class DatasetOut(DatasetSummary):
    identity: str = Field(description="Key of the column by which mode update finds a record.")
    columns: list[ColumnOut]
    codes: list[Code]
    row_schema: dict[str, Any] = Field(description="Of a row by keys, to create a record.")


@operation(
    router,
    "GET",
    "/datasets",
    name="list_datasets",
    title="List data sets",
    answers={200: Datasets},
    problems=(422,),
)
def list_datasets(request: ApiRequest) -> dict[str, Any]:
    """The kinds of files that you can send."""
    return {"datasets": [summary_of(one) for one in datasets_for(request.auth.access).values()]}


@operation(
    router,
    "GET",
    "/datasets/{key}",
    name="get_dataset",
    title="Read the rules of a data set",
    answers={200: DatasetOut},
    problems=(404, 422),
)
def get_dataset(request: ApiRequest, key: Path[Key]) -> dict[str, Any]:
    """Its columns and their rules, every code that a file or row can get, and a JSON Schema."""
    dataset = datasets_for(request.auth.access).get(key)
    if dataset is None:
        raise Http404(key)
    return {
        **summary_of(dataset),
        "identity": dataset.identity,
        "columns": [
            {
                "key": column.key,
                "label": column.label,
                "required": column.required is not None,
                "rules": [str(rule.in_words) for rule in column.rules],
                "example": column.example,
                "about": str(column.about),
            }
            for column in dataset.columns
        ],
        "codes": [
            *codes(dataset, row_error_codes(dataset), ERROR),
            *codes(dataset, warning_codes(dataset), WARNING),
            *codes(dataset, notice_codes(dataset), NOTICE),
            *codes(dataset, file_error_codes(dataset), REFUSAL),
        ],
        "row_schema": schema_of(dataset),
    }


def summary_of(dataset: Dataset) -> dict[str, Any]:
    return {
        "key": dataset.key,
        "title": dataset.title,
        "modes": dataset.base_modes,
        "can_be_checked": dataset.can_check,
        "max_bytes": dataset.byte_limit,
        "max_rows": dataset.row_limit,
        "help": settings.PORTAL_URL + reverse("help", args=[dataset.key]),
    }


def codes(dataset: Dataset, found: list[ErrorCode], severity: str) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "severity": severity,
            "title": str(each.title),
            "columns": list(dict.fromkeys(name for cause in each.causes for name in cause.columns)),
            "remedies": [str(cause.remedy) for cause in each.causes],
            "help": help_url(dataset.key, each.code),
        }
        for each in found
    ]
