"""How an operation is declared: method, path, what it asks of the caller, what it answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any

from ninja import Router
from pydantic import AwareDatetime, BeforeValidator, Field

from onboarding.api.callers import ApiRequest, Bearer
from onboarding.api.problems import Problem

View = Callable[..., Any]
EVERYWHERE = (400, 401, 403, 429, 500, 503)  # problems that any operation may answer with
JSON = ("application/json",)
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = DAY + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"


def as_time(value: object) -> object:
    """Raises ValueError for what is not a time by RFC 3339, such as a number of seconds."""
    if isinstance(value, str) and not re.fullmatch(TIME, value):
        raise ValueError("must be a time such as 2026-11-22T12:00:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(as_time)]
UploadId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$")]


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    answers: Mapping[int, Any],
    name: str,
    title: str,
    scope: str = "",
    is_upload: bool = False,
    takes: Sequence[str] = (),
    for_inactive: bool = False,
    problems: Sequence[int] = (),
    **more: Any,
) -> Callable[[View], View]:
    """Declare the decorated function as an operation. `name` is its operationId, `takes` are the
    types of its body, `for_inactive`: inactive vendors may ask, too, `problems` are statuses that
    it may answer besides those of every operation, `more` is OpenAPI."""
    documented = {
        "responses": {
            code: {"$ref": f"#/components/responses/{code}"}
            for code in sorted({*EVERYWHERE, *problems})
        },
        "x-scope": scope,
        **more,
    }

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: ApiRequest, **values: Any) -> Any:
            refuse_unknown(request, known)
            return view(request, **values)

        router.add_api_operation(
            path,
            [method],
            checked,
            auth=Bearer(scope, is_upload, tuple(takes), for_inactive),
            response=dict(answers),
            operation_id=name,
            summary=title,
            openapi_extra=documented,
            url_name=f"api_{name}",
        )
        known = {
            parameter
            for model in vars(checked)["_ninja_operation"].models
            if model.__ninja_param_source__ == "query"
            for parameter in model.__ninja_flatten_map__
        }
        return checked

    return decorate


def refuse_unknown(request: ApiRequest, known: set[str]) -> None:
    """Raise Problem for a parameter in the address that the operation does not have: a mistyped
    filter would otherwise find everything."""
    unknown = [name for name in request.GET if name not in known]
    if unknown:
        errors = [{"pointer": f"query/{name}", "detail": "is not known here"} for name in unknown]
        raise Problem("INVALID_REQUEST", errors=errors)
