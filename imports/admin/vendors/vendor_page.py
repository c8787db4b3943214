"""What staff see of one vendor on one page: people, uploads, products, connections."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.timezone import now

from catalog.models import Product, ProductChange
from imports.admin.vendors.vendor_review import own_numbers, review_in_words
from imports.models import (
    CategoryRequest,
    Notification,
    Schedule,
    Upload,
    VendorQuality,
    WebhookEndpoint,
)
from imports.models.rates import rates_of
from imports.models.upload import (
    HAS_ENDED,
    IS_CHECK,
    IS_ENDED_IMPORT,
    IS_HELD,
    MAY_NEED_SOMETHING,
)
from imports.reports.corrections import left_in
from imports.reports.quality import lines_of
from imports.reports.same_file import read_again
from vendors.models import ApiToken, Member, Vendor

DAYS = 30
LISTED = 10  # of each kind
MOST_COUNTED = 100_000  # products
MOST_OPEN = 200  # uploads whose rejected rows are counted, as on the vendor's first page
NOT_DELIVERED = ("bounced", "complained", "failed", "unknown")


@dataclass(frozen=True)
class Totals:
    """Uploads by their outcome, and rows of the imports among them. `success_rate` is None if these
    had none."""

    uploads: int
    completed: int
    partial: int
    failed: int
    imported: int
    rejected: int
    success_rate: int | None


@dataclass(frozen=True)
class Bounded:
    """A number, or that it is more than `most`."""

    number: int
    most: int

    def __str__(self) -> str:
        return f"{intcomma(min(self.number, self.most))}{'+' if self.number > self.most else ''}"

    def __bool__(self) -> bool:
        return self.number > 0


def vendor_page(vendor: Vendor, may: Any) -> dict[str, Any]:
    """All of it, in a constant number of queries. `may` says whether the user has a permission; of
    what they may not view there is nothing."""
    at = now()
    since = at - timedelta(days=DAYS)
    page: dict[str, Any] = {
        "vendor": vendor,
        "days": DAYS,
        "since": since,
        "review": review_in_words(vendor),
        "own_numbers": own_numbers(vendor),
    }
    moments: list[datetime | None] = []
    if may("vendors.view_member"):
        people = Member.objects.filter(vendor=vendor).select_related("user")
        page["people"] = sorted(people, key=last_login, reverse=True)
        moments += [member.user.last_login for member in page["people"]]
    if may("imports.view_upload"):
        page["uploads"] = last_uploads(vendor)
        page["totals"] = totals_of(vendor, since)
        page["open_rows"] = open_rows(vendor, since)
        page["held"] = Upload.objects.filter(IS_HELD, vendor=vendor).count()
        moments += [upload.upload_timestamp for upload in page["uploads"][:1]]
    if may("catalog.view_product"):
        products = Product.objects.filter(vendor=vendor)
        inactive = products.filter(status=Product.Status.INACTIVE)
        page["products"] = counted(products)
        page["inactive"] = counted(inactive)
        page["last_change"] = last_change(vendor)
        page["quality"] = VendorQuality.objects.filter(vendor=vendor).first()
        page["quality_lines"] = lines_of(page["quality"]) if page["quality"] else []
        moments.append(page["last_change"])
    if may("imports.view_categoryrequest"):
        opened = CategoryRequest.objects.filter(vendor=vendor, state=CategoryRequest.State.OPEN)
        page["wanted"] = opened.order_by("-asked_at")[: LISTED + 1]
    if may("imports.view_schedule"):
        page["schedules"] = Schedule.objects.filter(vendor=vendor).order_by("name")[: LISTED + 1]
    if may("vendors.view_apitoken"):
        tokens = ApiToken.objects.filter(vendor=vendor).select_related("created_by")
        page["tokens"] = list(tokens.working_at(at).order_by("expires_at")[: LISTED + 1])
        moments += [token.last_used_at for token in page["tokens"]]
    if may("imports.view_webhookendpoint"):
        endpoints = WebhookEndpoint.objects.filter(vendor=vendor)
        page["webhooks"] = endpoints.order_by("url")[: LISTED + 1]
    if may("imports.view_notification"):
        page["unsent"] = undelivered(vendor, since)
    page["last_activity"] = max(filter(None, moments), default=None)
    return page


def last_login(member: Member) -> datetime:
    return member.user.last_login or datetime.min.replace(tzinfo=UTC)


def last_uploads(vendor: Vendor) -> list[Upload]:
    uploads = Upload.objects.filter(vendor=vendor).select_related("uploaded_by", "schedule")
    return list(uploads.defer("layout", "plan", "mapping", "ignored_columns")[:LISTED])


def totals_of(vendor: Vendor, since: datetime) -> Totals:
    ended = ("completed", "partial", "failed")
    rows = ("total", "valid", "skipped", "error")
    sums: dict[str, Any] = {
        name: Sum(f"{name}_records", filter=IS_ENDED_IMPORT, default=0) for name in rows
    }
    sums |= {status: Count("pk", filter=Q(status=status)) for status in ended}
    uploads = Upload.objects.filter(vendor=vendor, upload_timestamp__gt=since).order_by()
    found = uploads.aggregate(uploads=Count("pk"), **sums)
    rates = rates_of(
        total=found["total"], valid=found["valid"], skipped=found["skipped"], errors=found["error"]
    )
    return Totals(
        **{name: found[name] for name in ("uploads", *ended)},
        imported=found["valid"],
        rejected=found["error"],
        success_rate=rates.success if found["total"] else None,
    )


def open_rows(vendor: Vendor, since: datetime) -> Bounded:
    """How many rejected rows of the last imports no correction has, without files that were read
    again later."""
    uploads = list(
        Upload.objects.filter(IS_ENDED_IMPORT, MAY_NEED_SOMETHING, vendor=vendor)
        .filter(upload_timestamp__gt=since, error_records__gt=0, failure_code="", undone_by=None)
        .exclude(status=Upload.Status.CANCELLED)
        .defer("layout", "plan", "mapping", "ignored_columns")
        .order_by("-upload_timestamp", "-upload_id")[:MOST_OPEN]
    )
    done = read_again(uploads)
    left = sum(left_in([each for each in uploads if each.upload_id not in done]).values())
    return Bounded(left + 1, left) if len(uploads) == MOST_OPEN else Bounded(left, left)


def counted(products: QuerySet[Product]) -> Bounded:
    # In the order of an index that has all that is asked for.
    found = products.order_by("vendor_id", "product_id").values("pk")[: MOST_COUNTED + 1]
    return Bounded(found.count(), MOST_COUNTED)


def last_change(vendor: Vendor) -> datetime | None:
    """When a file or a person changed one of its products last, as far back as that is kept."""
    changed = Q(valid_records__gt=F("unchanged_records")) | Q(deactivated_records__gt=0)
    uploads = Upload.objects.filter(HAS_ENDED & changed, vendor=vendor).exclude(IS_CHECK)
    by_people = ProductChange.objects.filter(vendor=vendor, by__isnull=False)
    moments = [
        *uploads.values_list("completed_at", flat=True)[:1],
        *by_people.order_by("-change_id").values_list("at", flat=True)[:1],
    ]
    return max(filter(None, moments), default=None)


def undelivered(vendor: Vendor, since: datetime) -> QuerySet[Notification]:
    mails = Notification.objects.filter(upload__vendor=vendor, state__in=NOT_DELIVERED)
    recent = mails.filter(upload__upload_timestamp__gt=since).order_by("-created_at")
    return recent.defer("text_body", "html_body")[: LISTED + 1]
