"""Number and duration of queries on the portal's and the admin's pages with millions of rows.

Seconds are those that a processor worked, in the database's process and, for a page, in this one. A
page that misses an aim is opened again, and its seconds are those it would need undisturbed:
neighbors make a machine up to four times slower from one moment to the next.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import reverse

from bench import crowded
from bench.table import Line
from bench.timing import computed_seconds, server_process, slowness
from catalog.models import Product
from imports.models import RowError, Upload

AIM = 0.100  # seconds per query
PAGE_AIM = 0.300  # seconds per page
LOOKS = 8  # at a page that misses an aim; the best of them counts
STAFF, VENDOR = "admin", "vendor"  # users of the demo data
OF_VENDOR = ("home", "quality", "team", "account", "api_tokens", "webhooks", "remembered")
OF_STAFF = ("admin:index", "admin:system")
# Named by a rejected row of every second upload, by one, by the products only, and by none.
NAMES = ("BS-7", "bs-971", "BP-77", "nowhere")
# Parts of an address that differ each time.
VARYING = (
    (r"until=20[0-8]\d-\d\d-\d\d", "until=first"),
    (r"UPLOAD_\w+", "…"),
    (r"([?&])p=\d+", r"\1p=last"),
    (r"/\d+/", "/…/"),
)


@dataclass(frozen=True)
class Query:
    sql: str
    seconds: float


@dataclass(frozen=True)
class Seen:
    """A page and its queries, in order."""

    name: str
    queries: list[Query]
    seconds: float  # of the whole page

    @property
    def slowest(self) -> Query:
        return max(self.queries, key=lambda query: query.seconds)


class NotShown(Exception):
    """A page did not return 200."""


def measure(_runs: int) -> list[Line]:
    setup_test_environment()  # gives the client access to template contexts
    try:
        crowded.fill(crowded.FEW)
        few = {page.name: page for page in look_at_all()}
        crowded.fill(crowded.MANY)
        many = {page.name: page for page in look_at_all()}
    finally:
        teardown_test_environment()
        crowded.empty()
    return _lines(few, many)


def look_at_all() -> Iterator[Seen]:
    for who in (STAFF, VENDOR):
        client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
        user = User.objects.get(username=who)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for address in addresses(who, client):
            yield look(who, client, address)


def addresses(who: str, client: Client) -> Iterator[str]:
    """Every page this user is likely to open, with filters, searches and last pages."""
    theirs = Upload.objects.filter(vendor=crowded.HEAVY_VENDOR)
    worst = theirs.order_by("-error_records").values_list("pk", flat=True)[0]
    uploads = reverse("uploads")
    near_the_end = theirs.order_by("upload_timestamp")[:1].get()
    after = f"{near_the_end.upload_timestamp:%Y-%m-%d}"
    yield from (
        uploads,
        f"{uploads}?since=2020-01-01&until={after}&page=1",
        f"{uploads}?status=partial",
        f"{uploads}?since=2020-01-01&until=2099-12-31",
        f"{uploads}?status=failed&since=2020-01-01",
        f"{uploads}?q={worst}",
        f"{uploads}?q=products-1",
        f"{uploads}?q=no-such-file",
        f"{uploads}?page=999999",
        *product_pages(worst),
        *(f"{reverse('find')}?q={name}" for name in (*NAMES, worst)),
        reverse("new_upload"),
        reverse("upload", args=[worst]),
        reverse("upload", args=[worst]) + "?page=999999",
        reverse("help", args=["products"]),
    )
    yield from map(reverse, OF_VENDOR if who == VENDOR else OF_STAFF)
    if who == STAFF:
        find = reverse("admin:find")
        yield from (f"{find}?q={name}" for name in (*NAMES, worst))
        yield from (
            reverse("admin:vendors_vendor_overview", args=[vendor])
            for vendor in (crowded.HEAVY_VENDOR, "BV000007")
        )
        yield reverse("admin:system") + "?span=7d"
        yield reverse("admin:vendors_vendor_change", args=[crowded.HEAVY_VENDOR])
        yield reverse("admin:imports_upload_change", args=[worst])
        yield reverse("admin:imports_rowerror_change", args=[RowError.objects.latest("pk").pk])
        for model, queries in ADMIN_LISTS.items():
            address = reverse(f"admin:{model}_changelist")
            yield address
            yield f"{address}?p={last_page(client, address)}"
            yield from (f"{address}?{query}".replace("WORST", worst) for query in queries)


def product_pages(worst: str) -> Iterator[str]:
    """The lists of products, and the product that has changed most."""
    products = reverse("products")
    queries = (
        *("", "page=999999", "q=product", "q=product&page=999999", "q=BS-1", "q=bp-11"),
        *("q=nowhere", "q=c4ca42", "q=product+bs+bp", "category=Audio", "status=inactive"),
        *("status=active&category=Audio&page=999999", "category=Audio&q=product+1"),
        *(f"upload={worst}", f"upload={worst}&page=999999", f"upload={worst}&q=c4ca42"),
        "upload=none",
    )
    yield from (f"{products}?{query}" for query in queries)
    oldest = Product.objects.filter(vendor=crowded.HEAVY_VENDOR).earliest("pk")
    yield reverse("product", args=[oldest.pk])
    yield reverse("product", args=[oldest.pk]) + "?page=999999"


ADMIN_LISTS: dict[str, tuple[str, ...]] = {
    "imports_upload": (
        "q=WORST",
        "q=products-1",
        "q=nowhere",
        "status__exact=partial",
        "o=3",
        "o=5",
        "vendor__vendor_id__exact=VEND001",
        "dataset=products",
        "progress=stalled",
        "upload_timestamp_from=2020-01-01&upload_timestamp_to=2099-12-31",
    ),
    "imports_rowerror": (
        "q=WORST",
        "q=nowhere",
        "error_type=INVALID_PRICE",
        "error_type=FIELD_TOO_LONG",
        "upload__vendor__vendor_id__exact=VEND001",
        "error_type=DUPLICATE_SKU&upload__vendor__vendor_id__exact=VEND001",
    ),
    "catalog_product": (
        "q=BS-77",
        "q=BP-77",
        "q=WORST",
        "q=nowhere",
        "category=Audio",
        "vendor__vendor_id__exact=VEND001",
        "vendor__vendor_id__exact=VEND001&category=Audio",
        "q=product",
        "q=c4ca42",
        "q=product+bs+bp",
        "q=product+1&category=Audio&vendor__vendor_id__exact=VEND001",
        "status=inactive",
        "status=active&category=Audio",
        *(f"changed={period}" for period in ("hour", "day", "week", "month")),
        "changed=day&vendor__vendor_id__exact=VEND001",
        "changed=month&status=inactive",
    ),
    "catalog_category": ("q=audio", "is_active__exact=1"),
    "vendors_vendor": ("q=vendor", "q=BV000077", "q=nowhere", "is_active__exact=0"),
    "imports_action": ("q=WORST", "kind__exact=upload"),
    "imports_alarm": ("state=open", "kind__exact=failed_upload", "q=WORST", "q=nowhere"),
    "imports_heldupload": ("q=WORST",),
    "imports_categoryrequest": ("q=wanted",),
    "imports_invitation": ("q=nowhere",),
    "imports_webhookendpoint": ("q=nowhere",),
    "imports_webhookdelivery": ("state__exact=failed", "q=WORST", "q=nowhere"),
    "imports_notification": ("state__exact=failed", "q=WORST", "q=nowhere", "o=5"),
}


def last_page(client: Client, address: str) -> int:
    response: Any = client.get(address)
    return int(response.context["cl"].paginator.num_pages)


def look(who: str, client: Client, address: str) -> Seen:
    """Open a page, again if it is slow. Raises NotShown unless it returns 200."""
    looks: list[list[Query]] = []
    pages: list[float] = []
    server = server_process()
    while len(looks) < LOOKS and (not looks or is_slow(looks[-1], pages[-1])):
        queries: list[Query] = []
        before = slowness() if looks else 1.0
        began = time.process_time()
        with connection.execute_wrapper(_taking_times(queries, server)):
            response = client.get(address)
            for _piece in response if response.streaming else ():
                pass
        own = time.process_time() - began
        if response.status_code != 200:
            raise NotShown(f"{who}: {address} returned {response.status_code}")
        disturbed = max(before, slowness()) if looks else 1.0
        looks.append([Query(query.sql, query.seconds / disturbed) for query in queries])
        pages.append((own + sum(query.seconds for query in queries)) / disturbed)
    longest = max(looks, key=len)
    best = [
        Query(query.sql, min(look[i].seconds for look in looks if i < len(look)))
        for i, query in enumerate(longest)
    ]
    name = f"{who} {address}"
    for varying, constant in VARYING:
        name = re.sub(varying, constant, name)
    return Seen(name, best, min(pages))


def is_slow(queries: list[Query], page: float) -> bool:
    return page > PAGE_AIM or any(query.seconds > AIM for query in queries)


def _taking_times(queries: list[Query], server: int) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        began = computed_seconds(server)
        try:
            return execute(sql, params, many, context)
        finally:
            queries.append(Query(str(sql), computed_seconds(server) - began))

    return wrapper


def _lines(few: dict[str, Seen], many: dict[str, Seen]) -> list[Line]:
    slow = sorted(
        (page for page in many.values() if page.slowest.seconds > AIM),
        key=lambda page: -page.slowest.seconds,
    )
    changed = [page for page in many.values() if len(page.queries) > len(few[page.name].queries)]
    slowest = max(many.values(), key=lambda page: page.slowest.seconds)
    longest = max(many.values(), key=lambda page: page.seconds)
    most = max(len(page.queries) for page in many.values())
    lines = [
        Line(
            f"{len(many)} pages over 100,000 uploads and 10 M errors: slowest query",
            f"{slowest.slowest.seconds * 1000:.0f} ms, {slowest.name}",
            f"{len(slow)} pages have a query slower than the aim",
            "",
            f"every query < {AIM * 1000:.0f} ms",
            not slow,
        ),
        Line(
            "the same pages: slowest page, database included",
            f"{longest.seconds * 1000:.0f} ms, {longest.name}",
            "",
            "",
            f"every page < {PAGE_AIM * 1000:.0f} ms",
            longest.seconds < PAGE_AIM,
        ),
        Line(
            "the same pages: number of queries",
            f"at most {most}",
            f"{len(changed)} pages have more than with 1/1,000 of the rows",
            "",
            "constant",
            not changed,
        ),
    ]
    lines += [
        Line(f"  {page.name}", f"{page.slowest.seconds * 1000:.0f} ms", "", "", "", False)
        for page in slow
    ]
    lines += [
        Line(
            f"  {page.name}",
            f"{len(page.queries)} queries",
            f"{len(few[page.name].queries)} queries",
            "",
            "",
            False,
        )
        for page in changed
    ]
    return lines
