"""The page about the REST API: a guide, its operations, its problems."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from onboarding.api.api import api
from onboarding.api.guide import EXAMPLES
from onboarding.api.problems import ALL


@require_safe
@login_not_required
def help_api(request: HttpRequest) -> HttpResponse:
    page = {
        "portal": settings.PORTAL_URL,
        "examples": EXAMPLES,
        "operations": operations(),
        "problems": ALL,
        "requests": settings.API_REQUESTS_PER_MINUTE,
        "uploads": settings.API_UPLOADS_PER_MINUTE,
    }
    return render(request, "onboarding/help_api.html", page)


def operations() -> list[dict[str, Any]]:
    """Of the OpenAPI document, in its order."""
    document = api.document
    return [
        {
            "method": method.upper(),
            "path": document["servers"][0]["url"] + path,
            "title": operation["summary"],
            "about": operation["description"],
            "parameters": [
                each["name"] for each in operation["parameters"] if each["in"] == "query"
            ],
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
