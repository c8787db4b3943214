"""Emails in Chromium: nothing is cut off on a phone, and all text can be read in both themes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from playwright.sync_api import sync_playwright

from catalog.models import Category
from imports.models import Digest, Invitation, Notification, PersonMail, Upload, VendorNotice
from imports.people.texts import text_of
from imports.rules.replacements import Value
from imports.wanted import applying, asking, deciding
from tests.admin.conftest import make_digest, make_upload
from tests.browser.accessibility import violations
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.product_files import good_row
from vendors.models import Member, Vendor

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not installed; .ci/run installs it"
)
# Parts of the page that end to the right of the window.
CUT_OFF = """() => [...document.querySelectorAll("body *")].filter(
    (part) => part.getBoundingClientRect().right > window.innerWidth + 0.5
).map((part) => part.outerHTML.slice(0, 200))"""


@pytest.fixture
def emails(run_upload: Callable[..., Upload], settings: object) -> dict[str, str]:
    """The HTML of one email of each kind, with content that is hard to fit."""
    name = f"{'supplier-export_' * 9}.csv"
    long_row = good_row(2, sku="S" * 130, category="Electronics/" * 8)
    wide = [row | {f"{'extra_' * 12}column": "x"} for row in (good_row(3), long_row)]
    run_upload(wide, file_name=name)
    run_upload(b"a" * 300 + b"\n1\n", file_name=name)
    run_upload([good_row(n, price="-1") for n in range(10, 80, 2)], mode="check", file_name=name)
    run_upload([good_row(5)], file_name="small.csv")
    wanted = run_upload([good_row(6, category=f"{'Household' * 11}")], file_name=name)
    for decline in (False, True):
        request = asking.ask(wanted, Value("category", "Household" * 11), by=None)
        if decline:
            deciding.decline(request.compared, note="https://example.com/" + "a" * 300, by=None)
        else:
            deciding.map_to(request.compared, Category.objects.all()[0], by=None)
            applying.finish(request)
    texts = [text_of(mail) for mail in to_people(wanted)]
    return {
        **{mail.subject: mail.html_body for mail in Notification.objects.all()},
        **{text.subject: text.html for text in texts},
    }


def to_people(upload: Upload) -> Iterator[PersonMail]:
    """One of each kind of email that concerns no single upload."""
    assert upload.vendor
    upload.vendor.deactivated_at = now()
    for kind in VendorNotice.Kind:
        yield VendorNotice(vendor=upload.vendor, kind=kind, to="x@people.example")
    yield Invitation(pk=1, vendor=upload.vendor, role="viewer", expires_at=now())
    yield digest_of_all()


def digest_of_all() -> Digest:
    """Of all uploads, and one of another vendor."""
    user = User.objects.create_user("dora", "dora@people.example")
    other = Vendor.objects.create(vendor_id="VEND009", name="Ninth & Sons " * 8)
    for vendor in Vendor.objects.all():
        Member.objects.create(user=user, vendor=vendor)
    make_upload("UPLOAD_9", other, file_name="late.csv", run=2)
    return make_digest(user, *Upload.objects.all())


def test_nothing_is_cut_off_and_all_text_is_readable(
    emails: dict[str, str], tmp_path: Path
) -> None:
    problems = []
    # Not the fixture `browser`: while that is open, Django cannot use the database in this thread.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        for width in (320, 390, 640):
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": 800},
                    color_scheme=scheme,
                )
                page = context.new_page()
                for number, (subject, html) in enumerate(emails.items()):
                    page.set_content(html)
                    where = f"{width} px, {scheme}, {subject[:40]}"
                    if found := [*page.evaluate(CUT_OFF), *violations(page)]:
                        problems += [f"{where}: {each}" for each in found]
                        picture = tmp_path / f"{width}-{scheme}-{number}.png"
                        page.screenshot(path=picture, full_page=True)
                context.close()
        browser.close()
    assert len(emails) == 11
    assert not problems, "\n".join(problems)
