"""Whatever goes wrong below /api/ is answered with problem details."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from onboarding.api import datasets
from onboarding.api.problems import ALL
from tests.onboarding.api.conftest import MakeToken, Program
from vendors import tokens
from vendors.models import ApiToken, ApiWindow

XLS = "application/vnd.ms-excel"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (("GET", "/nothing", None, {}), 404, "NOT_FOUND"),
        (("GET", "/uploads/%00", None, {}), 400, "BAD_REQUEST"),
        (("GET", "/uploads/a b", None, {}), 422, "INVALID_REQUEST"),
        (("DELETE", "/uploads", None, {}), 405, "METHOD_NOT_ALLOWED"),
        (("PUT", "/me", b"x", {}), 405, "METHOD_NOT_ALLOWED"),
        (("POST", "/uploads", b"x", {"content_type": FORM}), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (("POST", "/uploads", b"x", {"content_type": XLS}), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (("POST", "/uploads:prepare", b"{}", {}), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (("POST", "/uploads:prepare", {}, {}), 422, "INVALID_REQUEST"),
        (
            ("POST", "/uploads:prepare", b"{", {"content_type": "application/json"}),
            400,
            "BAD_REQUEST",
        ),
        (("POST", "/uploads?mode=delete", b"x", {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads?dataset=clients", b"x", {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads", {"rows": []}, {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads", {"rows": [{"a": 1}] * 1_001}, {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads", {"rows": [{"a": {"b": 1}}]}, {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads", {"rows": [{"a": "\ud800"}]}, {}), 422, "INVALID_REQUEST"),
        (("POST", "/uploads", {"row": []}, {}), 422, "INVALID_REQUEST"),
        (("GET", "/uploads?q=1", None, {}), 422, "INVALID_REQUEST"),
        (("GET", "/uploads?limit=0", None, {}), 422, "INVALID_REQUEST"),
        (("GET", "/uploads?since=0", None, {}), 422, "INVALID_REQUEST"),
        (("GET", "/uploads?since=2026-02-30T00:00:00Z", None, {}), 422, "INVALID_REQUEST"),
        (("GET", "/uploads?cursor=%%%", None, {}), 422, "INVALID_CURSOR"),
        (("GET", "/uploads?cursor=WyJ4IiwgInkiXQ", None, {}), 422, "INVALID_CURSOR"),
        (("GET", "/products?cursor=WzFlOTk5XQ", None, {}), 422, "INVALID_CURSOR"),
        (("GET", "/products?sku=%00", None, {}), 400, "BAD_REQUEST"),
    ],
)
def test_a_problem_has_a_code_and_a_page(
    program: Program, asked: tuple[str, str, Any, Any], status: int, code: str
) -> None:
    method, path, body, options = asked
    answer = program.ask(method, path, body, **options)
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert answer["Cache-Control"] == "private, no-cache"
    if status == 405:
        assert answer["Allow"]


def test_json_ends_with_a_line_break(program: Program) -> None:
    """So that a shell's prompt begins a line."""
    sent = program.send()
    found = program.get("/me")
    missing = program.get("/uploads/NONE")
    document = program.get("/openapi.json")
    answers = (sent, found, missing, document)
    assert [answer.status_code for answer in answers] == [201, 200, 404, 200]
    for answer in answers:
        assert answer.content.endswith(b"}\n")
        length = answer.headers.get("Content-Length", str(len(answer.content)))
        assert length == str(len(answer.content))
    same = program.get("/me", headers={"If-None-Match": found["ETag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        (("GET", "/products?limit=0", None), "query/limit: must be greater than or equal to 1"),
        (("GET", "/products?limit=x", None), "query/limit: must be a whole number"),
        (("GET", "/products?limits=1", None), "query/limits: is not known here"),
        (
            ("GET", "/products?updated_since=1", None),
            "query/updated_since: must be a time such as 2026-11-22T12:00:00Z",
        ),
        (("GET", "/uploads?status=x", None), "query/status: must be 'received', "),
        (("POST", "/uploads:prepare", []), "body: must be an object"),
        (
            ("POST", "/uploads:prepare", {"file_name": 1, "sizes": 1}),
            "body/file_name: must be a text; body/size: is missing; body/sizes: is not known here",
        ),
        (
            ("POST", "/webhooks", {"url": "https://example.com/", "events": []}),
            "body/events: must have at least 1 item, not 0",
        ),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_words(
    program: Program, asked: tuple[str, str, Any], detail: str
) -> None:
    method, path, body = asked
    answer = program.ask(method, path, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)


def test_each_code_is_explained_on_the_page(program: Program) -> None:
    page = program.client.get("/help/api/").content.decode()
    assert [kind.code for kind in ALL if f'id="{kind.code}"' not in page] == []


def test_a_file_that_is_too_large_is_refused_with_the_code_of_files(
    program: Program, settings: Any
) -> None:
    body = b"x" * (settings.UPLOAD_MAX_BYTES + 1)
    file = SimpleUploadedFile("large.csv", body)
    as_form = program.client.post(
        "/api/v1/uploads", {"file": file}, headers={"Authorization": f"Bearer {program.token}"}
    )
    for answer in (program.post("/uploads", body), as_form):
        assert (answer.status_code, answer.json()["code"]) == (413, "FILE_TOO_LARGE")
        assert answer.json()["help"].endswith("/help/products/#FILE_TOO_LARGE")


def test_an_unknown_field_of_a_form_is_named(program: Program) -> None:
    answer = program.client.post(
        "/api/v1/uploads",
        {"file": SimpleUploadedFile("a.csv", b"sku\n"), "mode": "update"},
        headers={"Authorization": f"Bearer {program.token}"},
    )
    assert answer.json()["errors"][0]["pointer"] == "body/mode"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(KeyError("secret"), 500, "INTERNAL"), (OperationalError("gone"), 503, "UNAVAILABLE")],
)
def test_our_own_failures_say_no_more_than_that(
    program: Program, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(datasets, "datasets_for", fails)
    answer = program.get("/datasets")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret" not in answer.content.decode()
    assert ("Retry-After" in answer) == (status == 503)


def test_a_token_may_make_so_many_requests_a_minute(
    program: Program, program_of: MakeToken, alice: User, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_UPLOADS_PER_MINUTE = 4, 1
    first = program.get("/me")
    assert first["RateLimit-Policy"] == '"requests";q=4;w=60, "uploads";q=1;w=60'
    assert first["RateLimit"].startswith('"requests";r=3;t=')
    assert '"uploads";r=1;t=' in first["RateLimit"]
    assert program.send().status_code == 201
    refused = program.send()
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "1 of them to start imports" in refused.json()["detail"]
    assert program.get("/me").status_code == 200  # what was sent can be followed
    assert program.get("/me").status_code == 429
    assert program_of(alice).get("/me").status_code == 200  # another token has its own
    ApiWindow.objects.update(began_at="2026-01-01T00:00:00Z")
    assert program.get("/me").status_code == 200  # another minute


def test_requests_without_a_token_that_works_are_not_counted(program: Program) -> None:
    Program("vop_x").get("/me")
    assert not ApiWindow.objects.exists()


def test_its_use_is_recorded_once_a_minute(
    program: Program, django_assert_num_queries: Any
) -> None:
    program.get("/me")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    with django_assert_num_queries(2):  # the token and its minute
        program.get("/me")
    assert ApiToken.objects.get().last_used_at == used


def test_a_vendor_has_ten_tokens(program_of: MakeToken, alice: User) -> None:
    for _ in range(tokens.MOST_OF_VENDOR):
        program_of(alice)
    with pytest.raises(tokens.TooManyTokens):
        program_of(alice)
    tokens.revoke(ApiToken.objects.all()[0], by=alice)
    program_of(alice)


def test_a_token_is_recognized_by_its_form() -> None:
    token = tokens.new_token()
    assert tokens.is_well_formed(token)
    assert len(token) == 40
    for other in (token[:-1], token + "0", token.replace("vop_", "vop-"), f"{token[:-2]}é0", ""):
        assert not tokens.is_well_formed(other)
    changed = token[:10] + ("a" if token[10] != "a" else "b") + token[11:]
    assert not tokens.is_well_formed(changed)
    assert len({tokens.new_token() for _ in range(100)}) == 100
