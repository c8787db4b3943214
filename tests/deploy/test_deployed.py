"""Each layout, deployed by the release's own code, runs: every container is a process here."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from deploy.aws import release, stacks
from deploy.aws.templates import Layout
from imports.models import Upload
from tests.deploy.running import image
from tests.deploy.running.browser import Browser
from tests.deploy.running.changes import (
    Change,
    changed,
    only,
    with_port_of_target,
    without_permission,
    without_variable,
)
from tests.deploy.running.deployment import IMAGES, Deployment, OnlyStacks, Running, deployment
from tests.deploy.running.fargate import Broken
from tests.mailbox import messages_about
from tests.product_files import NEVER_HELD, csv_bytes, good_row

VENDOR, PASSWORD = "VEND001", "correct horse battery staple"
FIRST_VENDOR = f"""
from django.contrib.auth.models import User
from catalog.models import Category
from vendors.models import Member, Vendor
vendor = Vendor.objects.create(
    vendor_id="{VENDOR}", name="Clicky", contact_email="x@clicky.example", hold={NEVER_HELD!r}
)
user = User.objects.create_user("alice", "alice@clicky.example", "{PASSWORD}")
Member.objects.create(user=user, vendor=vendor, role="owner")
Category.objects.create(name="Computer Accessories")
"""


class WithoutDatabase(Running):
    """ECS runs, and RDS does not."""

    def stack(self, name: str, *, image: str = "") -> None:
        OnlyStacks.stack(self, name, image=image)

    def _run(self, task: str, command: Sequence[str] = ()) -> None:
        OnlyStacks._run(self, task, command)


class InTheWrongOrder(WithoutDatabase):
    def migrate(self) -> None:
        self.stack("workers", image=self.push())
        super().migrate()


# By what is wrong: the service that shows it, the change of the templates, what is reported.
MISTAKES: dict[str, tuple[str, Change, str]] = {
    "permission": (
        "forwarder",
        without_permission("forwarder", "sqs:ReceiveMessage"),
        r"^The task \S+-forwarder may not sqs:ReceiveMessage on \S+-events$",
    ),
    "variable": (
        "web",
        without_variable("web", "S3_BUCKET"),
        r"-web/web ended by itself with exit code 1:(.|\n)*S3_BUCKET",
    ),
    "port": ("web", with_port_of_target(8001), r"^web: /healthz answers 502 on port 8001$"),
}


@pytest.fixture(autouse=True)
def quick_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.05)


def test_a_layout_runs_as_deployed(layout: Layout, built: Path, tmp_path: Path) -> None:
    before = image.written_files(built)
    with deployment(layout, built, tmp_path) as here:
        release.deploy(here.account(Running))
        here.ecs.run(f"{here.name}-command", ("python", "manage.py", "shell", "-c", FIRST_VENDOR))
        a_file_by_form_is_imported(here)
        a_dropped_file_is_answered(here)
        here.wait_until_steady()
        here.ecs.stop()
        here.check()
        the_next_release_changes_each_image_and_a_rollback_those_of_services(here)
    assert image.written_files(built) == before, "the root file system is read-only on AWS"


def a_file_by_form_is_imported(here: Deployment) -> None:
    browser = Browser(here.front, here.domain)
    assert browser.post("/login/", username="alice", password=PASSWORD).status == 302
    rows = csv_bytes([good_row(number) for number in range(20)])
    sent = browser.send_file("/uploads/new/", "p.csv", rows, mode="create", dataset="products")
    assert sent.status == 303, sent.text
    page = sent.headers["Location"]
    upload = page.split("/")[2]
    here.wait_for("the upload ends", lambda: status(here, upload) in Upload.ENDED)
    assert status(here, upload) == "completed"
    assert here.rows("SELECT count(*) FROM products") == [(20,)]
    assert browser.get(page).status == 200
    with urlopen(browser.get("/products/export.csv").headers["Location"], timeout=60) as file:
        assert len(file.readlines()) == 21
    (mail,) = here.wait_for("the email", lambda: messages_about(upload, here.endpoint))
    assert mail.to == ["alice@clicky.example"]


def status(here: Deployment, upload: str) -> str:
    (found,) = here.rows("SELECT status FROM upload_history WHERE upload_id = {}", upload)
    return str(found[0])


def a_dropped_file_is_answered(here: Deployment) -> None:
    """To a program with the vendor's role, and by an email with a link to the error report."""
    roles = here.layout.resources("IAM::Role").values()
    (role,) = (name for each in roles if VENDOR in (name := each.get("RoleName", "")))
    s3 = here.roles.client("s3", here.roles.key("The vendor's program", role))
    (bucket,) = (
        each["Name"]
        for each in here.aws("s3").list_buckets()["Buckets"]
        if "uploads" in each["Name"]
    )
    rows = csv_bytes([good_row(100), good_row(101, price="-1")])
    s3.put_object(Bucket=bucket, Key=f"uploads/{VENDOR}/drop.csv", Body=rows)

    def result() -> Any:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"outbox/{VENDOR}/drop.csv")
        keys = [each["Key"] for each in listed.get("Contents", ()) if "result" in each["Key"]]
        return keys and json.load(s3.get_object(Bucket=bucket, Key=keys[0])["Body"])

    answer = here.wait_for("the answer in the outbox", result)
    assert (answer["status"], answer["valid_records"]) == ("partial", 1)
    upload = answer["upload_id"]
    (mail,) = here.wait_for("the email", lambda: messages_about(upload, here.endpoint))
    link = re.search(rf"https://{re.escape(here.domain)}(/reports/\S+)", mail.text)
    assert link, mail.text
    report = Browser(here.front, here.domain).get(link[1]).headers["Location"]
    with urlopen(report, timeout=60) as found:
        assert b"INVALID_PRICE" in found.read()


def the_next_release_changes_each_image_and_a_rollback_those_of_services(here: Deployment) -> None:
    account = here.account(OnlyStacks)
    account.digest = IMAGES[1]
    release.deploy(account)
    assert {image[-64:] for image in here.ecs.images()} == {IMAGES[1][-64:]}
    release.deploy(account)  # nothing is left to change
    release.roll_back(account, IMAGES[0])
    assert {image[-64:] for image in here.ecs.images()} == {IMAGES[0][-64:]}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_template_is_found(
    layouts: dict[str, Layout], built: Path, tmp_path: Path, mistake: str
) -> None:
    """With one service only, which gets that far without a database."""
    service, change, found = MISTAKES[mistake]
    layout = changed(layouts["standard"], tmp_path / "templates", only(service), change)
    with deployment(layout, built, tmp_path) as here, pytest.raises(Broken, match=found):
        release.deploy(here.account(WithoutDatabase))


def test_services_before_the_migration_are_found(
    layouts: dict[str, Layout], built: Path, tmp_path: Path
) -> None:
    layout = changed(layouts["standard"], tmp_path / "templates", only("none"))
    found = "forwarder, .* exist before the database is migrated$"
    with deployment(layout, built, tmp_path) as here, pytest.raises(Broken, match=found):
        release.deploy(here.account(InTheWrongOrder))
