"""The OpenAPI document: what django-ninja makes of the declarations, and what it does not say."""

import json
from http import HTTPStatus
from typing import Any

from onboarding.api.bodies import ROWS_SCHEMA
from onboarding.api.problems import ALL, MEDIA_TYPE

ABOUT = (
    "Send files of products, follow their import, read the errors of their rows. The same rules, "
    "codes and row numbers as on the portal. Guide: /help/api/."
)
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from the page API tokens of the portal.",
    }
}
PROBLEM = {
    "title": "Problem",
    "description": "Problem details by RFC 9457. `code` is an interface; texts may change.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Explains the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [kind.code for kind in ALL]},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "help": {"type": "string", "format": "uri"},
        "upload_id": {"type": "string"},
    },
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with problems, scopes and the schemas of bodies that operations read
    themselves."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    components = found["components"]
    components["schemas"] |= {"Problem": PROBLEM, "Rows": ROWS_SCHEMA}
    components["responses"] = problems()
    components["securitySchemes"] = SCHEMES
    for methods in found["paths"].values():
        for operation in methods.values():
            scope = operation.pop("x-scope")
            operation["security"] = [{"token": []}]
            if scope:
                operation["description"] += f"\n\nScope: `{scope}`."
    return found


def problems() -> dict[str, Any]:
    """An answer for each status that is a problem."""
    codes: dict[int, list[str]] = {}
    for kind in ALL:
        codes.setdefault(kind.status, []).append(f"`{kind.code}`")
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(of_status)}",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, of_status in codes.items()
    }
