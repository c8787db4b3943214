"""One upload's page in all its states."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from catalog.models import Product
from imports.intake.receive import open_upload
from imports.models import Notification, RowError, Upload
from imports.notifications import email
from imports.rules.refusals import MAY_PASS_LATER, REFUSALS
from tests.conftest import arrived, drive
from tests.onboarding.conftest import good_file, make_upload, text_of
from tests.product_files import csv_bytes, good_row
from vendors import people
from vendors.models import Vendor

Run = Callable[..., Upload]
REFUSED = {
    "status": "failed",
    "failure_code": "NO_ROWS",
    "total_records": 0,
    "valid_records": 0,
    "error_records": 0,
}


def page_of(client: Client, upload: Upload, query: str = "") -> str:
    answer = client.get(f"/uploads/{upload.upload_id}/{query}")
    assert answer.status_code == 200
    return text_of(answer)


def counts(page: str) -> dict[str, int]:
    found = re.findall(r'data-count="([a-z-]+)"[^>]*>([\d,]+)<', page)
    return {name: int(number.replace(",", "")) for name, number in found}


def headline(page: str) -> str:
    found = re.search(r'id="headline">([^<]*)<', page)
    assert found
    return found[1]


def stages(page: str) -> list[str]:
    return re.findall(r'class="stage stage-([a-z-]+)"', page)


def polls(page: str) -> bool:
    return "hx-get=" in page


def test_all_rows_in(run_upload: Run, as_alice: Client, alice: User) -> None:
    upload = run_upload(good_file(3), by=alice)
    page = page_of(as_alice, upload)
    assert headline(page) == "All 3 products imported."
    assert counts(page) == {"total": 3, "valid": 3, "error": 0}
    assert not stages(page)  # they say nothing of a file whose rows are all in
    assert "You’re done" in page
    assert f"Sent to {alice.email}" in page
    assert 'id="retry"' not in page
    assert not polls(page)


def test_some_rows_in(run_upload: Run, as_alice: Client) -> None:
    rows = [good_row(n, price="-10.00" if n in (3, 4, 5, 9) else "1") for n in range(1, 11)]
    upload = run_upload(rows)
    page = page_of(as_alice, upload)
    assert headline(page) == "6 of 10 products imported. 4 rows need fixing."
    assert counts(page) == {"total": 10, "valid": 6, "error": 4}
    assert "4–6, 10" in page  # spreadsheet rows
    assert "Price must be at least 0.01 (was -10.00)" in page
    assert "/help/products/#INVALID_PRICE" in page
    for thing in ("correct", "report"):
        assert f'id="{thing}"' in page
    assert 'id="retry"' not in page  # it would reject the same prices


def test_a_retry_is_offered_where_its_result_may_differ(
    run_upload: Run, as_alice: Client, categories: list[str]
) -> None:
    wanted = run_upload([good_row(1, category="Falconry"), good_row(2)])
    assert 'id="retry"' in page_of(as_alice, wanted)
    assert 'id="retry"' in page_of(as_alice, run_upload([good_row(2), good_row(3)]))  # one is there
    of_no_rows = run_upload(b"sku,price\n")
    Upload.objects.filter(pk=of_no_rows.pk).update(failure_code="NO_ROWS")
    assert 'id="retry"' not in page_of(as_alice, of_no_rows)
    Upload.objects.filter(pk=of_no_rows.pk).update(failure_code="INACTIVE_VENDOR")
    page = page_of(as_alice, of_no_rows)
    assert 'id="retry"' in page
    assert "You can retry the upload until then." in page


def test_every_refusal_is_either_final_or_may_pass_later() -> None:
    assert set(REFUSALS) >= MAY_PASS_LATER


def test_each_reason_is_shown_with_its_value(run_upload: Run, as_alice: Client) -> None:
    wrong = ["Shoes", "Hats", "Shoes"]
    upload = run_upload([good_row(n, category=name) for n, name in enumerate(wrong)])
    page = page_of(as_alice, upload)
    shown = re.findall(
        r'<li class="wrap">([^<]*?) ?(?:<span class="hint">(\d+) times</span>)?</li>', page
    )
    assert [(text.split("&#x27;")[1], times) for text, times in shown] == [
        ("Shoes", "2"),
        ("Hats", ""),
    ]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Western European (Windows-1252)"),
    ],
)
def test_the_page_names_the_character_encoding(
    run_upload: Run, as_alice: Client, encoding: str, name: str
) -> None:
    body = csv_bytes([good_row(1, product_name="Müller Straße")]).decode().encode(encoding)
    page = page_of(as_alice, run_upload(body))
    found = re.search(r'id="encoding"><dt>[^<]*</dt><dd>([^<]*)<', page)
    assert found
    assert found[1] == name


def test_a_row_of_the_table_has_row_column_value_message_and_remedy(
    run_upload: Run, as_alice: Client
) -> None:
    upload = run_upload([good_row(1, price="free", stock_quantity="many"), good_row(2)])
    table = page_of(as_alice, upload).split('id="errors"')[1].split("<tbody")[1]
    cells = [
        re.sub(r"\s*<[^>]+>\s*", "", cell) for cell in re.findall(r"<t[dh] .*?</t[dh]>", table)
    ]
    assert cells[:4] == [
        "2",
        "Price",
        "free",
        "Price must be a number such as 19.99 (was &#x27;free&#x27;)",
    ]
    assert cells[4].startswith("Enter a number from 0.01 to 999,999.99 with")
    assert cells[5:8] == ["2", "Stock Quantity", "many"]  # the value of a row's later error too


def test_the_table_has_pages_and_a_filter_by_type(run_upload: Run, as_alice: Client) -> None:
    rows = [good_row(n, price="free") for n in range(30)] + [good_row(99, category="?")]
    upload = run_upload(rows)
    assert page_of(as_alice, upload).count('role="rowheader"') == 20
    assert page_of(as_alice, upload, "?page=2").count('role="rowheader"') == 11
    narrowed = page_of(as_alice, upload, "?type=INVALID_CATEGORY")
    assert narrowed.count('role="rowheader"') == 1
    assert page_of(as_alice, upload, "?type=NONSENSE").count('role="rowheader"') == 20


def test_no_row_in(run_upload: Run, as_alice: Client) -> None:
    page = page_of(as_alice, run_upload([good_row(1, price="free")]))
    assert headline(page) == "The only row couldn’t be imported. It needs fixing."


def test_a_rejected_file_has_message_remedy_and_no_numbers(
    run_upload: Run, as_alice: Client
) -> None:
    page = page_of(as_alice, run_upload(b"sku,price\nA,1\n"))
    assert 'id="refusal" data-code="MISSING_COLUMNS"' in page
    assert "What to do:" in page
    assert not counts(page)
    assert stages(page) == ["done", "stopped", "not-reached", "not-reached", "done"]
    assert 'id="correct"' not in page


def test_a_check_says_that_nothing_was_imported(run_upload: Run, as_alice: Client) -> None:
    page = page_of(as_alice, run_upload([good_row(1), good_row(2, price="x")], mode="check"))
    assert "Check only: nothing was imported." in page
    assert headline(page) == "1 of 2 rows would be rejected."
    page = page_of(as_alice, run_upload([good_row(3)], mode="check"))
    assert headline(page) == "1 row passed the check."


def test_a_canceled_check_is_not_advised_to_import(
    as_alice: Client, vendor_a: Vendor, categories: list[str]
) -> None:
    upload = arrived(good_file(), vendor=vendor_a, only_check=True)
    answer = as_alice.post(f"/uploads/{upload.upload_id}/cancel/", follow=True)
    assert 'class="note note-info" role="status">Cancellation requested.' in text_of(answer)
    drive()
    page = page_of(as_alice, upload)
    assert headline(page) == "Canceled before any rows were read."
    assert not counts(page)
    assert "import the file" not in page.lower()
    [mail] = Notification.objects.filter(upload=upload)
    assert "import" not in mail.text_body.split("Upload ID")[0].replace("nothing was imported", "")


def test_one_sentence_about_many_rows_is_said_once(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload([good_row(n, category="Falconry") for n in range(1, 31)])
    page = page_of(as_alice, upload)
    assert "<summary>Show each row</summary>" in page
    for query in ("?page=2", "?row=30"):
        assert "<summary>Show each row</summary>" not in page_of(as_alice, upload, query)
    two = run_upload([good_row(n, price=str(-n)) for n in range(1, 31)])
    assert "<summary>Show each row</summary>" not in page_of(as_alice, two)


def test_rows_that_a_canceled_upload_did_not_process_are_shown(
    as_alice: Client, vendor_a: Vendor
) -> None:
    upload = make_upload(
        1, vendor_a, status="cancelled", total_records=100, valid_records=40, error_records=2
    )
    page = page_of(as_alice, upload)
    assert headline(page) == "Canceled after 42 of 100 rows."
    shown = counts(page)
    assert shown["not-processed"] == 58
    assert shown["total"] == sum(number for name, number in shown.items() if name != "total")
    assert stages(page)[2] == "stopped"


def test_unknown_columns_are_named(run_upload: Run, as_alice: Client) -> None:
    page = page_of(as_alice, run_upload([good_row(1, Color="blue", Notes="x")]))
    assert re.search(r'id="ignored".*Color, Notes', page, re.DOTALL)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"s3_version": None, "status": "received"}, "Waiting for the file to arrive"),
        ({"status": "received"}, "Waiting in the queue."),
        ({"lease_until": timedelta(seconds=30)}, "Reading the file."),
        (
            {"step": "load", "lease_until": timedelta(seconds=30), "total_records": 1000},
            "Checking and importing rows: 0 of 1,000 done.",
        ),
        (
            {"step": "load", "next_attempt_at": timedelta(seconds=-60), "total_records": 1000},
            "Waiting in the queue.",
        ),
        (
            {"next_attempt_at": timedelta(seconds=60), "attempts": 2},
            "We hit a temporary problem and will retry in",
        ),
        ({"step": "report", "lease_until": timedelta(seconds=30)}, "Writing the report."),
        ({"step": "report", "status": "cancelled"}, "Canceled. Writing the report"),
    ],
)
def test_the_headline_of_an_upload_in_progress(
    values: dict[str, object], said: str, as_alice: Client, vendor_a: Vendor
) -> None:
    under_way: dict[str, object] = {
        "status": "processing",
        "step": "stage",
        "completed_at": None,
        "total_records": 0,
        "valid_records": 0,
        "error_records": 0,
    }
    times = {k: now() + v if isinstance(v, timedelta) else v for k, v in values.items()}
    page = page_of(as_alice, make_upload(1, vendor_a, **{**under_way, **times}))
    assert headline(page).startswith(said)
    assert polls(page)
    assert '<noscript><meta http-equiv="refresh"' in page


def test_the_page_polls_until_the_upload_has_ended(
    as_alice: Client, vendor_a: Vendor, categories: list[str]
) -> None:
    upload = arrived(good_file(), vendor=vendor_a)
    path = re.search(r'hx-get="([^"]+)"', page_of(as_alice, upload))
    assert path
    query = path[1].replace("&amp;", "&")
    news = {"HX-Request": "true", "HX-Target": "progress"}
    url = f"/uploads/{upload.upload_id}/{query}"
    assert as_alice.get(url, headers=news).status_code == 204  # nothing new

    Upload.objects.filter(pk=upload.pk).update(step="load", total_records=2, status="processing")
    answer = as_alice.get(url, headers=news)
    assert text_of(answer).strip().startswith('<div id="progress" hx-get=')
    assert 'id="announcement" hx-swap-oob="innerHTML"' in text_of(answer)
    assert "HX-Retarget" not in answer

    Upload.objects.filter(pk=upload.pk).update(step="stage", total_records=0)
    drive()
    answer = as_alice.get(url, headers=news)
    assert answer["HX-Retarget"] == "#upload"
    assert "All 2 products imported." in text_of(answer)
    assert not polls(text_of(answer))


def test_the_page_still_polls_while_the_email_is_being_sent(
    as_alice: Client, vendor_a: Vendor
) -> None:
    upload = make_upload(1, vendor_a, step="notify")
    mail = Notification.objects.create(upload=upload, run=1, to="alice@people.example", subject="s")
    page = page_of(as_alice, upload)
    assert polls(page)
    assert "Sending to alice@people.example" in page
    mail.state = Notification.State.FAILED
    mail.save()
    assert "Couldn’t be sent to alice@people.example" in page_of(as_alice, upload)


@pytest.mark.parametrize(
    ("fields", "said", "shown"),
    [
        ({"state": "pending"}, "Sending to alice@people.example", (True, "now")),
        ({"state": "sending"}, "Sending to alice@people.example", (True, "now")),
        (
            {"state": "pending", "last_error": "Throttling"},
            "Not yet sent to alice@people.example. We’ll try again.",
            (False, "now"),
        ),
        ({"state": "sent", "sent_at": now()}, "Sent to alice@people.example, ", (False, "done")),
        (
            {"state": "bounced"},
            "Sent to alice@people.example, but their mail server returned it.",
            (False, "stopped"),
        ),
        (
            {"state": "complained"},
            "Sent to alice@people.example and marked as spam there.",
            (False, "done"),
        ),
        (
            {"state": "unknown"},
            "Probably sent to alice@people.example. The mail service didn’t confirm it.",
            (False, "done"),
        ),
        ({"state": "failed"}, "Couldn’t be sent to alice@people.example.", (False, "stopped")),
    ],
)
def test_the_page_of_an_upload_that_is_done_says_what_became_of_its_email(
    as_alice: Client,
    vendor_a: Vendor,
    fields: dict[str, Any],
    said: str,
    shown: tuple[bool, str],
) -> None:
    upload = make_upload(1, vendor_a, step="done", **REFUSED)
    Notification.objects.create(upload=upload, run=1, to="alice@people.example", **fields)
    page = page_of(as_alice, upload)
    assert said in page
    stages = re.findall(r'class="stage stage-([\w-]+)"', page)
    assert (bool(polls(page)), stages[-1]) == shown


def test_each_email_is_shown_but_not_the_addresses_of_staff(
    as_alice: Client, vendor_a: Vendor, reviewer: User, alice: User
) -> None:
    upload = make_upload(1, vendor_a, step="done", **REFUSED)
    sent: list[tuple[str, str, User | None]] = [
        ("imports@clicky.example", "sent", None),
        ("alice@people.example", "failed", alice),
        ("reviewer@people.example", "pending", reviewer),
    ]
    for to, state, who in sent:
        Notification.objects.create(upload=upload, run=1, to=to, state=state, person=who)
    page = page_of(as_alice, upload)
    assert "Sent to imports@clicky.example" in page
    assert "Couldn’t be sent to alice@people.example" in page
    assert "reviewer@people.example" not in page
    assert re.findall(r'class="stage stage-([\w-]+)"', page)[-1] == "stopped"
    as_alice.force_login(reviewer)
    page = page_of(as_alice, upload)
    assert "Sending to reviewer@people.example" in page
    assert re.findall(r'class="stage stage-([\w-]+)"', page)[-1] == "now"


def test_a_run_that_the_daily_email_lists_says_so(
    as_alice: Client, vendor_a: Vendor, alice: User
) -> None:
    people.choose(alice, emails="digest")
    upload = make_upload(1, vendor_a, step="done", uploaded_by=alice)
    assert "In your daily email" not in page_of(as_alice, upload)
    email.prepare(upload)
    assert "In your daily email" in page_of(as_alice, upload)


def test_the_attempt_and_the_life_of_the_file_are_shown(as_alice: Client, vendor_a: Vendor) -> None:
    page = page_of(as_alice, make_upload(1, vendor_a, run=3))
    assert "Attempt 3" in page
    assert "Kept until 21 Nov 2026, 09:31" in page
    gone = page_of(as_alice, make_upload(2, vendor_a, source_deleted_at=now()))
    assert "Deleted on" in gone
    assert 'id="retry"' not in gone


def test_a_retry_starts_the_next_attempt(run_upload: Run, as_alice: Client) -> None:
    upload = run_upload([good_row(1), good_row(2, price="x")])
    answer = as_alice.post(f"/uploads/{upload.upload_id}/retry/", follow=True)
    assert "Attempt 2 started." in text_of(answer)
    assert "Waiting in the queue." in text_of(answer)
    again = as_alice.post(f"/uploads/{upload.upload_id}/retry/", follow=True)
    assert "This upload is still in progress" in text_of(again)


def test_canceling_asks_for_confirmation_and_then_stops(
    as_alice: Client, vendor_a: Vendor, categories: list[str]
) -> None:
    upload = arrived(good_file(), vendor=vendor_a)
    url = f"/uploads/{upload.upload_id}/cancel/"
    assert "Cancel this upload?" in text_of(as_alice.get(url))
    upload.refresh_from_db()
    assert upload.status == "received"
    assert "Cancellation requested." in text_of(as_alice.post(url, follow=True))
    drive()
    upload.refresh_from_db()
    assert upload.status == "cancelled"
    assert "has already ended" in text_of(as_alice.post(url, follow=True))


def test_an_upload_that_waits_for_its_file_can_be_canceled(
    as_alice: Client, vendor_a: Vendor
) -> None:
    upload = open_upload(
        vendor=vendor_a, dataset="products", mode="create", file_name="x.csv", size=1, by=None
    )
    as_alice.post(f"/uploads/{upload.upload_id}/cancel/")
    drive()
    assert "Canceled before any rows were read." in page_of(as_alice, upload)


def test_scripts_in_names_and_cells_are_text(run_upload: Run, as_alice: Client) -> None:
    script = '<script>alert("x")</script>'
    upload = run_upload(
        [good_row(1, product_name=script, category=f'">{script}', **{script: "x"})],
        file_name=f"{script}.csv",
    )
    RowError.objects.filter(upload=upload).update(error_message=script)
    Upload.objects.filter(pk=upload.pk).update(failure_code="INTERNAL", failure_message=script)
    for page in (page_of(as_alice, upload), text_of(as_alice.get("/uploads/"))):
        assert "<script>alert" not in page
        assert "script&gt;.csv" in page


def test_rows_that_changed_nothing_are_listed(run_upload: Run, as_alice: Client) -> None:
    run_upload([good_row(n) for n in range(1, 26)])
    Product.objects.update(content_at=now() + timedelta(hours=1), content_upload_id=None)
    rows = [{"vendor_product_id": f"VP-{n}", "price": "5.00"} for n in range(1, 26)]
    upload = run_upload(rows, mode="update")

    page = text_of(as_alice.get(f"/uploads/{upload.upload_id}/"))
    assert "0 of 25 products imported. 25 unchanged." in page
    assert "25 rows, the first: This product was changed on " in page
    assert "You don&#x27;t need to do anything." in page
    assert 'data-label="Value" class="value">VP-20<' in page
    assert 'id="errors"' not in page
    second = text_of(as_alice.get(f"/uploads/{upload.upload_id}/?notices=2"))
    assert 'data-label="Value" class="value">VP-25<' in second


@pytest.mark.parametrize("values", [{}, {"failure_code": "TOO_MANY_ROWS", "status": "failed"}])
def test_a_data_set_of_another_version_is_shown_by_its_key(
    as_alice: Client, vendor_a: Vendor, values: dict[str, str]
) -> None:
    """A newer version, which runs beside this one, may have received the file."""
    upload = make_upload(1, vendor_a, dataset="of-a-later-version", mode="merge", **values)
    page = page_of(as_alice, upload)
    assert "of-a-later-version · merge" in page
    assert "/help/of-a-later-version/" not in page
    assert "dataset=of-a-later-version" not in page
    Upload.objects.update(status="processing", step="load", completed_at=None, failure_code="")
    assert "of-a-later-version · merge" in page_of(as_alice, upload)
    assert as_alice.get(f"/uploads/{upload.upload_id}/cancel/").status_code == 200


def test_the_errors_of_a_data_set_of_another_version_are_shown(
    run_upload: Run, as_alice: Client
) -> None:
    upload = run_upload([good_row(1, price="-1")])
    Upload.objects.update(dataset="of-a-later-version")
    page = page_of(as_alice, upload)
    assert "INVALID_PRICE" in page
    assert 'href="/help/#INVALID_PRICE"' in page


def products_link(client: Client, upload: Upload) -> str:
    return "".join(re.findall(r'<a id="products" (.*?)</a>', page_of(client, upload)))


def test_the_page_leads_to_the_products_that_were_created_or_changed(
    run_upload: Run, as_alice: Client
) -> None:
    created = run_upload(good_file(2))
    rows = [good_row(1, price="5.00"), good_row(2), good_row(3, price="x")]
    changed = run_upload(rows, mode="update")
    checked = run_upload(rows, mode="update", only_check=True)
    rejected = run_upload([good_row(9, price="x")])
    assert products_link(as_alice, created) == (
        f'href="/products/?upload={created.pk}">See the 2 products it created or changed'
    )
    assert products_link(as_alice, changed).endswith(">See the product it created or changed")
    assert products_link(as_alice, checked) == products_link(as_alice, rejected) == ""


def test_what_other_data_sets_create_is_no_product(as_alice: Client, vendor_a: Vendor) -> None:
    upload = make_upload(1, vendor_a, dataset="other", created_records=5)
    assert products_link(as_alice, upload) == ""
