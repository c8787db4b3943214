"""Every page with 10,000 vendors, 30,000 uploads and 300,000 errors: no query and no page is slow,
and none needs more queries than with few rows.

`python -m bench pages` does the same with 100,000 uploads, 1 M products and 10 M errors.
"""

import pytest
from django.core.management import call_command

from bench import crowded, pages
from tests.conftest import person
from vendors.models import Vendor

SIZE = crowded.Size(vendors=10_000, uploads=30_000, products=100_000, errors=300_000)
pytestmark = pytest.mark.slow


@pytest.mark.django_db(transaction=True)
def test_no_page_is_slow_with_millions_of_rows() -> None:
    call_command("load_demo")
    person(pages.STAFF, is_staff=True, is_superuser=True)
    person(pages.VENDOR, Vendor.objects.get(pk=crowded.HEAVY_VENDOR))
    crowded.fill(crowded.FEW)
    few = {page.name: page for page in pages.look_at_all()}
    crowded.fill(SIZE)
    slow: list[str] = []
    for page in pages.look_at_all():
        if pages.is_slow(page.queries, page.seconds):
            slow.append(f"{page.name}: {page.seconds:.3f} s, {page.slowest}")
        if len(page.queries) > len(few[page.name].queries):
            slow.append(f"{page.name}: {len(page.queries)} queries")
    assert not slow, "\n".join(slow)
