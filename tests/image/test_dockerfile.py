"""Properties of the Dockerfile that deployments rely on; `make image-test` checks the image."""

import json
import re

import pytest
from django.apps import apps
from django.conf import settings

from deploy.image.build import COMMAND, USER
from tests.docs.pages import ROOT

TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1)) for line in TEXT.splitlines() if line and line[0] != "#"
]
FIRST_OF_RESULT = max(n for n, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM")
RESULT = INSTRUCTIONS[FIRST_OF_RESULT:]


def only(instruction: str) -> str:
    """The only use of this instruction in the final stage."""
    (value,) = (value for word, value in RESULT if word == instruction)
    return value


def test_the_base_can_be_replaced() -> None:
    assert INSTRUCTIONS[0] == ("ARG", "BASE_IMAGE=python:3.11-slim-bookworm")
    bases = [value for word, value in INSTRUCTIONS if word == "FROM"]
    assert bases == ["${BASE_IMAGE} AS build", "${BASE_IMAGE}"]


@pytest.mark.parametrize("needing_buildkit", ["# syntax=", "--mount", "--chmod", "--link", "<<"])
def test_it_does_not_need_buildkit(needing_buildkit: str) -> None:
    assert needing_buildkit not in TEXT


def test_it_runs_as_an_unprivileged_user() -> None:
    assert only("USER") == USER == "10001:10001"


def test_it_runs_web_without_a_shell() -> None:
    assert tuple(json.loads(only("CMD"))) == COMMAND
    assert not [word for word, _ in INSTRUCTIONS if word in ("ENTRYPOINT", "SHELL")]


def test_it_has_no_health_check_of_its_own() -> None:
    assert "HEALTHCHECK" not in [word for word, _ in INSTRUCTIONS]


def test_the_temporary_directory_is_declared_for_fargates_volume() -> None:
    assert json.loads(only("VOLUME")) == ["/tmp"]


def test_nothing_is_compiled_and_everything_is_pinned() -> None:
    (install,) = re.findall(r"pip install ([^&]+)", TEXT)
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(install.split())


def test_only_the_applications_packages_are_copied() -> None:
    apps_and_settings = {*(app.name for app in apps.get_app_configs()), "config"}
    rooms = {name for name in apps_and_settings if (ROOT / name).is_dir()}
    copied = {value.split()[0] for word, value in INSTRUCTIONS if word == "COPY"}
    ours = {source for source in copied if (ROOT / source).is_dir()}
    assert ours == rooms
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{room}" for room in rooms} <= set(sent)


def test_static_files_are_collected_where_the_settings_look() -> None:
    assert "collectstatic --noinput" in TEXT
    assert only("WORKDIR") == "/app"
    assert settings.BASE_DIR == ROOT  # the directory of manage.py, which is /app in the image


def test_the_database_is_verified_with_the_certificates_in_the_image() -> None:
    (place,) = re.findall(r"^ADD \$\{RDS_CERTIFICATES\} (\S+)$", TEXT, re.MULTILINE)
    assert f"PGSSLROOTCERT={place}" in only("ENV").split()
    (default,) = re.findall(r"^ARG RDS_CERTIFICATES=(\S+)$", TEXT, re.MULTILINE)
    assert "BEGIN CERTIFICATE" not in (ROOT / default).read_text()  # so no server is trusted
