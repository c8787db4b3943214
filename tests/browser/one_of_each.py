"""Prints the addresses of the admin's pages in a running system, as JSON: of each model its list,
its page to add one and that of one row, which is made if there is none.

    LOCAL_DIR=… python -m tests.browser.one_of_each
"""

import json
import os
from collections.abc import Callable

import django
from django.db.models import Model

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
NAME = "One of each"


def addresses() -> list[str]:
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import RequestFactory
    from django.urls import reverse

    from tests.admin.conftest import list_of, page_of
    from vendors.models import Vendor

    request = RequestFactory().get("/")
    request.user = User.objects.get(username="admin")
    found = [reverse(f"admin:{name}") for name in ("index", "system", "troubleshooting", "find")]
    found.append(page_of(Vendor.objects.earliest("pk"), "overview"))
    for model, pages in admin.site._registry.items():
        row = pages.get_queryset(request).first() or makers()[model._meta.label]()
        found += [list_of(model), page_of(row)]
        if pages.has_add_permission(request):
            found.append(list_of(model, "add"))
    return found


def makers() -> dict[str, Callable[[], Model]]:
    """How to make a row of each model that may have none, by its label."""
    from axes.models import AccessAttempt
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import User
    from django.utils.timezone import now

    from imports import models
    from tests.admin.conftest import (
        make_customer,
        make_error,
        make_held,
        make_metric,
        make_upload,
    )
    from vendors.models import ApiToken, Person, Vendor

    vendor = Vendor.objects.earliest("pk")
    user = User.objects.get(username="admin")

    def upload() -> models.Upload:
        return models.Upload.objects.filter(vendor=vendor).first() or make_upload(NAME, vendor)

    def webhook() -> models.WebhookEndpoint:
        return models.WebhookEndpoint.objects.create(
            vendor=vendor, url="https://shop.example/", events=[], seed="5eed", off="by_person"
        )

    def digest() -> models.Digest:
        Person.objects.get_or_create(user=user)
        return models.Digest.objects.create(
            user=user, day=now().date(), to="one@of-each.example", state="sent"
        )

    return {
        "imports.HeldUpload": lambda: make_held(
            "UPLOAD_20261120_224500_0E0E0E", Vendor.objects.latest("pk"), completed_at=now()
        ),
        "imports.Digest": digest,
        "imports.Action": lambda: models.Action.objects.create(
            upload=upload(), run=1, kind="upload", by=user
        ),
        "imports.Alarm": lambda: models.Alarm.objects.create(
            kind="dead_letter", subject=NAME, closed_at=now()
        ),
        "imports.CategoryRequest": lambda: models.CategoryRequest.objects.create(
            vendor=vendor, upload=upload(), name=NAME, compared=NAME, asked_by=user
        ),
        "imports.Invitation": lambda: models.Invitation.objects.create(
            vendor=vendor,
            to="one@of-each.example",
            role="viewer",
            state="sent",
            expires_at=now(),
            revoked_at=now(),
        ),
        "imports.VendorNotice": lambda: models.VendorNotice.objects.create(
            vendor=vendor, to="one@of-each.example", kind="deactivated", state="sent"
        ),
        "imports.Notification": lambda: models.Notification.objects.create(
            upload=upload(), run=9, to="a@b.example", subject=NAME, state="sent"
        ),
        "imports.RowError": lambda: make_error(upload(), 2),
        "imports.Schedule": lambda: models.Schedule.objects.create(
            name=NAME, dataset="csv", prefix="exports/none/", every_minutes=60, is_enabled=False
        ),
        "imports.WebhookEndpoint": webhook,
        "imports.WebhookDelivery": lambda: models.WebhookDelivery.objects.create(
            endpoint=models.WebhookEndpoint.objects.first() or webhook(),
            message_id=NAME,
            type="ping",
            body="{}",
            state="delivered",
        ),
        "warehouse.Customer": lambda: make_customer(1),
        "warehouse.Metric": lambda: make_metric(1),
        "vendors.ApiToken": lambda: ApiToken.objects.create(
            name=NAME,
            vendor=vendor,
            created_by=user,
            start="vop_None",
            digest="0" * 64,
            scopes=["uploads:read"],
            expires_at=now(),
        ),
        "axes.AccessAttempt": lambda: AccessAttempt.objects.create(
            username=NAME, ip_address="192.0.2.7", failures_since_start=1, attempt_time=now()
        ),
        "admin.LogEntry": lambda: LogEntry.objects.log_actions(
            user.pk, [vendor], CHANGE, NAME, single_object=True
        ),
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(addresses()))  # noqa: T201 - what it is for
