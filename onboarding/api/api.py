"""The REST API's operations, and how it answers what goes wrong."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from onboarding.api import (
    acting,
    changes,
    corrections,
    datasets,
    findings,
    mapping,
    me,
    prepared,
    products,
    uploads,
    webhooks,
)
from onboarding.api.document import ABOUT, complete
from onboarding.api.problems import Problem, answer

# By the kind of error that pydantic found; its own texts are for programmers of Python.
WORDS = {
    "missing": gettext_lazy("is missing"),
    "extra_forbidden": gettext_lazy("is not known here"),
    "model_attributes_type": gettext_lazy("must be an object"),
    "int_type": gettext_lazy("must be a whole number"),
    "int_parsing": gettext_lazy("must be a whole number"),
    "string_type": gettext_lazy("must be a text"),
    "bool_type": gettext_lazy("must be true or false"),
    "bool_parsing": gettext_lazy("must be true or false"),
    "dict_type": gettext_lazy("must be an object"),
}


class Api(NinjaAPI):
    @cached_property
    def document(self) -> Any:
        """The OpenAPI document, with what django-ninja does not say. Made once: it takes more CPU
        than any page, and strangers may ask for it. Read it, never change it."""
        return complete(super().get_openapi_schema(path_prefix=""))

    def get_openapi_schema(self, **options: Any) -> Any:
        return self.document


api = Api(
    title="TechMart onboarding",
    version="1.0",
    description=ABOUT,
    docs_url=None,
    urls_namespace="ninja",
    servers=[{"url": "/api/v1"}],
)
FILES = (uploads, prepared, findings, changes, acting, mapping, corrections)
RESOURCES = (*FILES, products, datasets, webhooks)
for resource in (*RESOURCES, me):
    api.add_router("", resource.router)


@api.exception_handler(Problem)
def with_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return answer(error)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer(Problem("NOT_FOUND"))


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return answer(Problem("BODY_TOO_LARGE"))


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is not JSON."""
    return answer(Problem("BAD_REQUEST", _("The body is not JSON.")))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"pointer": pointer_of(each["loc"]), "detail": in_words(each)} for each in error.errors
    ]
    return answer(Problem("INVALID_REQUEST", errors=errors))


def pointer_of(place: tuple[Any, ...]) -> str:
    """Where in the request: "query/limit", "body/values/0/to"."""
    source, *path = place
    is_ours = len(path) > 1 or source == "body"  # the first is the name of a variable of ours
    return "/".join(map(str, [source, *path[is_ours:]]))


def in_words(error: Mapping[str, Any]) -> str:
    """What is wrong with a value, to be read after its place: "must be …"."""
    if error["type"] in WORDS:
        return str(WORDS[error["type"]])
    message = str(error["msg"]).removeprefix("Value error, ").replace(" after validation", "")
    return re.sub(r"^[A-Z]\w* should ", "must ", message)
