"""`canary`: ends well exactly if a file comes through the whole system."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.models import Product
from imports.management import wait
from imports.models import Upload
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("no_worker_needed")
def test_a_file_that_comes_through_imports_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("canary")
    call_command("canary")
    first, second = Upload.objects.all()
    assert (first.is_check, first.total_records, first.failure_code) == (True, 1, "")
    assert second.is_check
    assert Vendor.objects.get().contact_email.endswith("@simulator.amazonses.com")
    assert not Product.objects.exists()
    assert first.upload_id in capsys.readouterr().out


def test_without_a_worker_it_says_how_far_the_file_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "POLL_INTERVAL_SECONDS", 0.001)
    with pytest.raises(CommandError, match=r"not ended within .* status received"):
        call_command("canary", "--timeout", "0.01")


@pytest.mark.usefixtures("no_worker_needed")
def test_a_file_that_is_rejected_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Vendor.objects.create(vendor_id="CANARY", name="Canary", is_active=False)
    with pytest.raises(SystemExit) as ended:
        call_command("canary")
    assert ended.value.code == 1
    assert Upload.objects.get().failure_code
