"""Vendors' text is shown, never run."""

import re

import pytest
from django.test import Client

from catalog.models import Category
from imports.models import Alarm, Notification
from tests.admin.conftest import SCRIPT, list_of, make_error, make_product, make_upload, page_of
from vendors.models import Vendor

PAYLOADS = [
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    '" x-data="alert(1)" x-init="alert(1)',
    "</textarea></title></iframe><script>alert(1)</script>",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_page_runs_what_a_vendor_wrote(as_admin: Client, payload: str) -> None:
    vendor = Vendor.objects.create(vendor_id="EVIL", name=payload)
    upload = make_upload(
        "UPLOAD_1",
        vendor,
        vendor_prefix=payload,
        file_name=payload,
        failure_code="MALFORMED_CSV",
        failure_message=payload,
        ignored_columns=[payload],
        layout={"encoding": payload, "delimiter": ",", "header": [payload]},
        s3_key=payload,
        sha256=payload[:60],
    )
    stranger = make_upload("UPLOAD_2", None, vendor_prefix=payload, status="processing", attempts=1)
    error = make_error(
        upload,
        2,
        column_name=payload,
        error_type=payload[:40],
        error_message=payload,
        original_data={payload: payload},
    )
    mail = Notification.objects.create(
        upload=upload, run=1, to="a@people.example", subject=payload, text_body=payload,
        html_body=payload, last_error=payload,
    )  # fmt: skip
    alarm = Alarm.objects.create(kind="unknown_vendor", subject=payload, detail=payload)
    product = make_product(
        vendor, 1, product_name=payload, category=payload, description=payload, brand=payload,
        image_url=payload, vendor_product_id=payload, sku=payload, upload_id=payload[:40],
    )  # fmt: skip
    category = Category.objects.create(name=payload)
    rows = (vendor, upload, stranger, error, mail, alarm, product, category)
    as_admin.post(page_of(upload, "retry"))  # makes a log entry that names it
    addresses = ["/admin/", "/admin/admin/logentry/"]
    for row in rows:
        addresses += [list_of(row), f"{list_of(row)}?q={payload}", page_of(row)]
        addresses += [page_of(row, "history")]
    addresses += [page_of(stranger, "progress"), page_of(category, "delete")]
    saw_it = 0
    for address in addresses:
        html = as_admin.get(address).content.decode()
        saw_it += "alert(1)" in html or "alert(&quot;" in html or "{{ 7|add:7 }}" in html
        without_ours = re.sub(r'<iframe class="ob-mail"[^>]*>', "", html)
        assert "<script>alert" not in without_ours, address
        assert "<img src=x" not in without_ours, address
        assert "<svg onload" not in without_ours, address
        assert ' x-init="alert' not in without_ours, address
        assert 'href="javascript:' not in without_ours, address
        assert "</iframe><script>alert" not in html, address
    assert saw_it >= 10  # the payload does stand in these pages


def test_an_e_mail_is_shown_in_a_frame_that_may_do_nothing(as_reviewer: Client) -> None:
    upload = make_upload("UPLOAD_1", None)
    mail = Notification.objects.create(
        upload=upload, run=1, to="a@people.example", subject="S", html_body=f'<p title="q">{SCRIPT}'
    )
    html = as_reviewer.get(page_of(mail)).content.decode()
    frame = re.search(r'<iframe class="ob-mail" sandbox="" [^>]*srcdoc="([^"]*)"></iframe>', html)
    assert frame is not None
    assert frame[1].startswith("&lt;p title=&quot;q&quot;&gt;&lt;script&gt;")
