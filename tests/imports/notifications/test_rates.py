"""Every percentage about an upload is the same one, wherever it is shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.admin.dashboard.dashboard_stats import Day
from imports.models import Upload
from imports.notifications import email
from onboarding.uploads.upload_list import Totals
from tests.admin.conftest import make_upload
from vendors.models import Vendor

COUNTS = st.integers(min_value=0, max_value=10**6)


@given(valid=COUNTS, skipped=COUNTS, errors=COUNTS, rest=COUNTS)
def test_one_number_has_one_meaning(valid: int, skipped: int, errors: int, rest: int) -> None:
    total = valid + skipped + errors + rest
    upload = Upload(
        total_records=total, valid_records=valid, skipped_records=skipped, error_records=errors
    )
    rates = upload.rates
    parts = (rates.valid, rates.skipped, rates.errors, rates.not_processed)
    assert sum(parts) == (100 if total else 0)
    assert (rates.success == 100) == (total > 0 and valid + skipped == total)
    assert upload.success_rate == rates.success == rates.valid + rates.skipped
    totals = Totals(uploads=1, rows=total, valid=valid, unchanged=0, skipped=skipped, errors=errors)
    assert totals.success_rate == rates.success
    day = Day(None, rows=total, valid=valid, skipped=skipped, errors=errors)  # type: ignore[arg-type]
    assert (day.success_rate or 0) == rates.success


@pytest.mark.parametrize(
    ("valid", "skipped", "errors"),
    [(1, 1, 13), (0, 15, 0), (2, 0, 1), (1, 2, 4), (15, 0, 0), (0, 0, 15)],
)
def test_subject_and_body_of_an_email_agree(
    vendor_a: Vendor, valid: int, skipped: int, errors: int
) -> None:
    """Formerly 1 imported, 1 skipped and 13 rejected customers were 13 % in the subject and 6 % in
    the body."""
    upload = make_upload(
        "UPLOAD_1",
        vendor_a,
        dataset="customers",
        status="partial" if valid + skipped else "failed",
        total_records=valid + skipped + errors,
        valid_records=valid,
        skipped_records=skipped,
        error_records=errors,
    )
    (mail,) = email.prepare(upload)
    said = dict(re.findall(r"^(\w+) \w+: [\d,]+ \((\d+)%\)$", mail.text_body, re.MULTILINE))
    success = int(said["Valid"]) + int(said.get("Skipped", 0))
    assert success + int(said["Invalid"]) == 100
    assert f"Success Rate: {success}%" in mail.text_body
    assert f"Success Rate:</td><td>{success}%" in mail.html_body
    if upload.status != Upload.Status.FAILED:
        assert mail.subject.endswith(f"({success}% Success)")
