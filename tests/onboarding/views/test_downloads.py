"""The files a vendor gets back: the report, the rows to fix, the mailed link."""

import csv
import io
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client

from imports.models import Upload
from imports.notifications import report_links
from imports.rules.columns import corrections_column
from tests.onboarding.conftest import good_file, text_of
from tests.product_files import good_row

Run = Callable[..., Upload]


@pytest.fixture
def partial(run_upload: Run, alice: User) -> Upload:
    rows = [good_row(1), good_row(2, price="free", Color="blue"), good_row(3)]
    return run_upload(rows, file_name="spring.csv", by=alice)


def fetched(url: str) -> str:
    """What a browser gets from the bucket."""
    with urllib.request.urlopen(url, timeout=100) as answer:
        return str(answer.read().decode("utf-8-sig"))


def streamed(client: Client, upload: Upload) -> list[list[str]]:
    answer: Any = client.get(f"/uploads/{upload.upload_id}/correct.csv")
    body = b"".join(answer.streaming_content)
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_the_report_comes_from_the_bucket_by_a_link_valid_for_a_minute(
    partial: Upload, as_alice: Client
) -> None:
    answer = as_alice.get(f"/uploads/{partial.upload_id}/errors.csv")
    assert "X-Amz-Expires=60" in answer["Location"]
    # The emulator does not answer with the name that the address asks it to.
    assert f"{partial.upload_id}_errors.csv%22" in answer["Location"]
    assert "INVALID_PRICE" in fetched(answer["Location"])


def test_without_errors_there_is_nothing_to_download(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload(good_file())
    for name in ("errors.csv", "correct.csv"):
        assert as_alice.get(f"/uploads/{upload.upload_id}/{name}").status_code == 404


def test_the_fixed_rows_can_be_uploaded_again_and_are_imported(
    partial: Upload, as_alice: Client, run_upload: Run
) -> None:
    rows = streamed(as_alice, partial)
    assert rows[0][-2:] == ["Color", corrections_column(partial.upload_id)]
    assert len(rows) == 2
    price = rows[0].index("price")
    assert rows[1][price] == "free"
    assert rows[1][-1].startswith("Row 3: Price must be a number")
    rows[1][price] = "5.00"
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    again = run_upload(text.getvalue())
    assert (again.status, again.valid_records) == ("completed", 1)
    assert again.ignored_columns == ["Color"]


def test_the_file_of_rows_to_fix_is_named_after_the_vendors_own(
    partial: Upload, as_alice: Client
) -> None:
    answer = as_alice.get(f"/uploads/{partial.upload_id}/correct.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="spring - rows to fix.csv"'
    Upload.objects.filter(pk=partial.pk).update(file_name='früh"ling\r\n.csv')
    answer = as_alice.get(f"/uploads/{partial.upload_id}/correct.csv")
    assert "filename*=utf-8''fr%C3%BCh%22ling" in answer["Content-Disposition"]


@pytest.mark.usefixtures("partial")
def test_the_mailed_link_needs_no_login(mailoutbox: list[EmailMessage]) -> None:
    [mail] = mailoutbox
    [path] = re.findall(r"/reports/\S+", str(mail.body))
    answer = Client().get(path)
    assert "INVALID_PRICE" in fetched(answer["Location"])


def test_the_mailed_link_of_an_earlier_run_still_opens_its_report(
    partial: Upload, as_alice: Client
) -> None:
    path = "/" + report_links.report_url(partial).split("/", 3)[3]
    as_alice.post(f"/uploads/{partial.upload_id}/retry/")
    assert "INVALID_PRICE" in fetched(Client().get(path)["Location"])


def test_an_expired_link_says_how_to_get_the_report(
    partial: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/" + report_links.report_url(partial).split("/", 3)[3]
    later = time.time() + 7 * 24 * 3600 + 1
    monkeypatch.setattr("time.time", lambda: later)
    answer = Client().get(path)
    assert answer.status_code == 410
    assert "log in, open the upload and download it from its page" in text_of(answer)


def test_a_changed_link_is_not_found(partial: Upload) -> None:
    path = "/" + report_links.report_url(partial).split("/", 3)[3]
    middle = len(path) // 2
    for forged in (
        path[:middle] + "AAAA" + path[middle + 4 :],
        path.replace(":", "%3A", 1)[:-9] + "/",
    ):
        assert Client().get(forged).status_code == 404


def test_the_bucket_rejects_a_link_that_is_not_signed(partial: Upload, as_alice: Client) -> None:
    address = as_alice.get(f"/uploads/{partial.upload_id}/errors.csv")["Location"]
    with pytest.raises(urllib.error.HTTPError):
        fetched(address.replace("X-Amz-Signature=", "X-Amz-Signature=0"))
