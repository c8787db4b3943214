"""The terms in the documents are those in the code."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import TextChoices
from django.test import Client

from deploy.aws import stacks
from imports import datasets
from imports.admin.filters import row_error_codes
from imports.models import Alarm, Notification, OutboxFile, Upload, WebhookDelivery
from imports.rules.holds import HOLDS
from imports.rules.refusals import REFUSALS
from onboarding.api.problems import KINDS
from tests.docs.pages import ROOT, documents, inline_code, name_of, section, table
from tests.docs.test_configuration import settings_read
from vendors.models import Person

WORDS = ROOT / "docs" / "words.md"
# Names in capitals that are neither our codes nor settings.
OTHERS = {
    "COPY",
    "ERROR",
    "INFO",
    "WARNING",
    "INSERT",
    "VEND001",
    "VEND002",
    "LOCAL_DIR",
    "WEB_PORT",
    "POSTGRES_PORT",
    "AWS_PORT",
    "PGBIN",
    "CANARY",  # a vendor
    "CHOICES",
    "MOST_PORTALS",
    "DEPLOY_ROLE_ARN",
    "BASE_IMAGE",  # of `make image` and `make image-test`
    "POSTGRES_IMAGE",
    "RDS_CERTIFICATES",
    "PGSSLROOTCERT",
    "DEMO_LOGINS",
    *("INFO", "WARNING", "ERROR"),  # levels of Python's logging
    "FARGATE_SPOT",  # a term of AWS
    "INVALID_BARCODE",  # an example in docs/extending.md
    "MAR05",  # a SKU
    *stacks.UPDATABLE,
    *stacks.DELETED_FIRST,
    *stacks.STUCK,
}


@pytest.mark.parametrize(
    ("title", "choices"),
    [
        ("Status of an upload", Upload.Status),
        ("Step of an upload", Upload.Step),
        ("Mode of an upload", Upload.Mode),
        ("State of an email", Notification.State),
        ("Reason of an email", Notification.Reason),
        ("Emails of a person", Person.Emails),
        ("State of an answer", OutboxFile.State),
        ("State of a delivery", WebhookDelivery.State),
        ("Kinds of alarm", Alarm.Kind),
    ],
)
def test_a_table_of_words_is_complete(title: str, choices: type[TextChoices]) -> None:
    explained = [row[0].strip("`") for row in table(section(WORDS, title))]
    assert explained == choices.values


def test_the_counters_are_fields_of_an_upload() -> None:
    counters = [row[0] for row in table(section(WORDS, "Counters"))]
    fields = {field.name for field in Upload._meta.get_fields()}
    assert {c.strip("`") for c in counters if c.startswith("`")} <= fields


def test_the_steps_in_words_are_the_pipelines() -> None:
    assert [row[0].strip("`") for row in table(section(WORDS, "Step of an upload"))][:-1] == [
        "stage",
        "compare",
        "load",
        "deactivate",
        "undo",
        "report",
        "notify",
    ]


def codes() -> set[str]:
    products = datasets.get("products")
    required = {c.required.code for c in products.columns if c.required}
    notices = {notice.code for _, notice in products.notices()}
    return {*row_error_codes(), *notices, *required, *REFUSALS, *HOLDS}


def test_all_codes_of_the_api_are_listed_once() -> None:
    listed = re.findall(r"`([A-Z_]+)`", section(WORDS, "Codes of the REST API"))
    assert len(listed) == len(set(listed))
    assert set(listed) == set(KINDS)


def test_all_codes_are_listed_once() -> None:
    listed = re.findall(r"`([A-Z_]+)`", section(WORDS, "Codes"))
    assert len(listed) == len(set(listed))
    assert set(listed) == codes()


@pytest.mark.django_db
def test_every_code_has_its_place_on_a_page(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    pages = [client.get(f"/help/{key}/").content.decode() for key in datasets.all_datasets()]
    nowhere = [code for code in codes() if not any(f'id="{code}"' in page for page in pages)]
    assert nowhere == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_no_document_names_a_code_or_setting_that_does_not_exist(document: Path) -> None:
    capitals = {word for word in inline_code(document) if re.fullmatch(r"[A-Z][A-Z0-9_]{3,}", word)}
    assert capitals <= codes() | set(KINDS) | set(settings_read()) | set(dir(settings)) | OTHERS


@pytest.mark.parametrize(
    "room", ["config", "vendors", "catalog", "warehouse", "imports", "onboarding"]
)
def test_the_readme_of_an_app_names_its_files(room: str) -> None:
    page = (ROOT / room / "README.md").read_text()
    files = {path.name for path in (ROOT / room).glob("*.py")} - {"__init__.py", "apps.py"}
    assert [name for name in sorted(files) if f"`{name}`" not in page] == []
    prose = [line for line in page.splitlines() if not line.startswith("|")]
    assert len(prose) <= 20
