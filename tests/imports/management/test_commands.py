"""`import_file` and `demo`: what they ask for, and that they show what happened."""

import json
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.core.management.base import CommandError

from imports import datasets
from imports.management.commands import demo, import_file
from imports.models import Upload
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


def run(file: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        call_command("import_file", str(file), *arguments)
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    file = tmp_path / "clients.csv"
    file.write_text("Jo,jo-of-the-command@example.com,Acme\nAl,al@example.com,\n")
    return file


@pytest.mark.usefixtures("no_worker_needed")
def test_a_data_set_of_staff_needs_no_vendor(
    clients: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clients, "--dataset", "clients", "--json") == import_file.PARTIAL
    result = json.loads(capsys.readouterr().out)
    assert (result["valid_records"], result["errors_by_type"]) == (1, {"REQUIRED_FIELD": 1})
    upload = Upload.objects.get()
    assert (upload.vendor, upload.vendor_prefix) == (None, "")


@pytest.mark.usefixtures("no_worker_needed")
def test_a_vendor_that_is_named_for_it_is_not_noted(
    clients: Path, vendor_a: Vendor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clients, "--dataset", "clients", "--vendor", "VEND001") == import_file.PARTIAL
    assert Upload.objects.get().vendor is None
    assert "clients do not belong to a vendor" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "only_check"),
    [([], False), (["--check"], True), (["--mode", "check"], True)],
)
@pytest.mark.usefixtures("no_worker_needed")
def test_a_file_can_be_checked(
    arguments: list[str], only_check: bool, clients: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clients, "--dataset", "clients", "--json", *arguments) == import_file.PARTIAL
    result = json.loads(capsys.readouterr().out)
    assert (result["valid_records"], result["only_check"]) == (1, only_check)
    upload = Upload.objects.get()
    assert (upload.base_mode, upload.is_check) == ("create", only_check)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "products"], "products belong to a vendor"),
        ([], "products belong to a vendor"),
        (
            ["--dataset", "clients", "--mode", "update"],
            "--mode for clients must be create or check",
        ),
        (["--dataset", "metrics", "--check"], "--check is not possible for metrics"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], said: str, clients: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clients, *arguments) == import_file.USAGE
    assert said in capsys.readouterr().err
    assert not Upload.objects.exists()


SAMPLES = sorted(path.name for path in demo.samples())


def test_every_data_set_has_a_sample() -> None:
    assert set(SAMPLES) == set(datasets.all_datasets())


@pytest.mark.usefixtures("no_worker_needed", "vendor_b", "categories")
@pytest.mark.parametrize("dataset", SAMPLES)
def test_a_demo_shows_a_sample_with_mistakes(
    dataset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo", dataset=dataset)
    shown = capsys.readouterr().out
    upload = Upload.objects.get(dataset=dataset)
    assert upload.error_records or upload.failure_code, "a sample has mistakes"
    for part in ("── Imported: ", "── Error report: ", "── Email to ", upload.upload_id):
        assert part in shown


def test_two_step_login_of_one_user_is_reset_and_the_user_hears_of_it(
    admin: User, alice: User, capsys: pytest.CaptureFixture[str], mailoutbox: list[EmailMessage]
) -> None:
    for user in (admin, alice):
        Authenticator.objects.create(user=user, type="totp", data={"secret": "s"})
    for _ in range(2):
        call_command("reset_two_step", "admin")
    out = capsys.readouterr().out
    assert out == "Two-step login of admin reset.\nadmin has no second factor.\n"
    assert Authenticator.objects.get().user == alice
    assert [mail.to for mail in mailoutbox] == [["admin@people.example"]]
    with pytest.raises(CommandError, match="no user no-such-user"):
        call_command("reset_two_step", "no-such-user")
