"""Links, hosts, groups and log lines that an attacker chooses."""

import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from config.logging import ForPeople, Ids
from deploy.local.places import CHECKOUT
from imports.models import Upload
from imports.notifications import report_links
from onboarding.views.uploads import upload as upload_views
from tests.onboarding.conftest import make_upload
from vendors.models import Vendor


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_group_is_changed_by_superusers_only(staff: User) -> None:
    group = Group.objects.get(name="Reviewers")
    staff.groups.add(group)
    staff.user_permissions.set(Permission.objects.filter(content_type__model="group"))
    everything = Permission.objects.values_list("pk", flat=True)
    for page in (f"{group.pk}/change/", "add/"):
        answer = logged_in(staff).post(
            f"/admin/auth/group/{page}", {"name": "Reviewers", "permissions": list(everything)}
        )
        assert answer.status_code == 403
    assert group.permissions.count() < len(everything)


def test_a_mailed_link_ends_with_its_vendor(vendor_a: Vendor, alice: User) -> None:
    upload = make_upload(
        1, vendor_a, error_file_s3_key="errors/VEND001/x.csv", error_file_version="v1"
    )
    link = report_links.report_url(upload).partition("/reports/")[2]
    assert Client().get(f"/reports/{link}").status_code == 302
    Vendor.objects.update(is_active=False)
    assert Client().get(f"/reports/{link}").status_code == 404


def test_asking_for_the_cancel_page_never_cancels(
    alice: User, vendor_a: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the upload ends, or a retry starts, after the page has looked at it."""
    none = dict.fromkeys(("total_records", "valid_records", "error_records"), 0)
    upload = make_upload(1, vendor_a, status="completed", **none)
    found = upload_views.get_actionable_upload

    def retried_meanwhile(*args: Any) -> Upload:
        seen = found(*args)
        Upload.objects.update(status="received", step="stage")
        return seen

    monkeypatch.setattr(upload_views, "get_actionable_upload", retried_meanwhile)
    logged_in(alice).get(f"/uploads/{upload.upload_id}/cancel/")
    upload.refresh_from_db()
    assert upload.status == "received"
    assert logged_in(alice).delete(f"/uploads/{upload.upload_id}/cancel/").status_code == 405


def test_a_text_log_has_one_line_for_each_message() -> None:
    forged = "GET /a\n12:00:00 INFO root stored\r\x1b[2K\x85\u2028 200"
    record = logging.makeLogRecord({"msg": "%s", "args": (forged,)})
    Ids().filter(record)
    line = ForPeople("%(message)s").format(record)
    assert len(line.splitlines()) == 1
    assert r"GET /a\n12:00:00" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("hosts", ["*", ".techmart.example", "a.example,*"])
def test_a_deployment_names_each_host(hosts: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=CHECKOUT,
        env=os.environ | {"LOCAL": "0", "ALLOWED_HOSTS": hosts},
        capture_output=True,
        check=False,
    )
    assert b"ALLOWED_HOSTS must name each host" in done.stderr
