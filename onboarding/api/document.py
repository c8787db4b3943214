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

TEXT = {"type": "string"}
HEADERS = {
    "RateLimit": {
        "description": "What is left of the token's minute, and the seconds until the next one.",
        "schema": TEXT,
    },
    "RateLimit-Policy": {"description": "What the token may do in a minute.", "schema": TEXT},
    "ETag": {"description": "For `If-None-Match`.", "schema": TEXT},
    "Location": {"description": "Of what is new.", "schema": TEXT},
    "Idempotency-Replayed": {
        "description": "`true` if this is the answer to an earlier request with this key.",
        "schema": TEXT,
    },
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The `ETag` of an earlier answer: if nothing has changed, it is not sent again.",
    "schema": TEXT,
}


def links(place: str, *names: str, of: str = "upload_id", **more: str) -> dict[str, Any]:
    """What can be asked next about the upload that an answer has at this place, or about something
    else with another parameter than `upload_id`. `more` are the other parameters."""
    parameters = {of: f"$response.body#/{place}", **more}
    return {name: {"operationId": name, "parameters": parameters} for name in names}


READS = ("get_upload", "list_errors", "list_changes", "get_mapping")
ACTS = ("cancel_upload", "retry_upload", "import_upload", "undo_upload", "map_upload")
HOOK_ACTS = ("change_webhook", "ping_webhook", "replace_webhook_secret", "list_deliveries")
MESSAGE = ("get_delivery", "send_delivery_again")
OF_SAME = {"webhook_id": "$request.path.webhook_id"}
# By the operation that answers with them.
LINKS = {
    "create_upload": links("upload_id", *READS, *ACTS, "correct_upload"),
    "undo_upload": links("upload_id", "get_upload", "list_changes", "undo_upload"),
    "prepare_upload": links("upload/upload_id", "get_upload", "cancel_upload"),
    "correct_upload": links("upload/upload_id", "get_upload", "cancel_upload"),
    "list_uploads": links("uploads/0/upload_id", *READS),
    "get_upload": links("upload_id", *READS[1:], *ACTS),
    "create_webhook": links("id", "get_webhook", *HOOK_ACTS, of="webhook_id"),
    "list_webhooks": links("webhooks/0/id", "get_webhook", "ping_webhook", of="webhook_id"),
    "get_webhook": links("id", *HOOK_ACTS, of="webhook_id"),
    "ping_webhook": links("message_id", *MESSAGE, of="message_id", **OF_SAME),
    "list_deliveries": links("deliveries/0/message_id", *MESSAGE, of="message_id", **OF_SAME),
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with problems, scopes, headers and links, and with the schemas of bodies that
    operations read themselves."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    components = found["components"]
    components["schemas"] |= {"Problem": PROBLEM, "Rows": ROWS_SCHEMA}
    components["responses"] = problems()
    components["securitySchemes"] = SCHEMES
    components["headers"] = HEADERS
    for methods in found["paths"].values():
        for method, operation in methods.items():
            describe(operation)
            for status, response in operation["responses"].items():
                if int(status) < HTTPStatus.BAD_REQUEST:
                    response["headers"] = headers_of(method, int(status), operation)
                    response["links"] = LINKS.get(operation["operationId"], {})
            if method == "get":
                operation["parameters"].append(IF_NONE_MATCH)
                operation["responses"]["304"] = {
                    "description": "Not Modified",
                    "headers": headers_of(method, 304, operation),
                }
    return found


def describe(operation: dict[str, Any]) -> None:
    """Say in the operation what it asks of a token; leave out what says nothing."""
    scope = operation.pop("x-scope")
    operation["security"] = [{"token": []}]
    about = " ".join(operation["description"].split())
    operation["description"] = f"{about} Scope: `{scope}`." if scope else about
    for parameter in operation["parameters"]:
        schema = parameter["schema"]
        if "anyOf" in schema:  # of a value or null, and an address has no null
            schema |= schema.pop("anyOf")[0]
        for noise in ("title", "description"):
            schema.pop(noise, None)


def headers_of(method: str, status: int, operation: dict[str, Any]) -> dict[str, Any]:
    names = ["RateLimit", "RateLimit-Policy"]
    if method == "get":
        names.append("ETag")
    if status == HTTPStatus.CREATED:
        names.append("Location")
    if any(each["name"] == "Idempotency-Key" for each in operation["parameters"]):
        names.append("Idempotency-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


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
