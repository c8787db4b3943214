"""Products for sale."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import Func, OuterRef, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from catalog.content_order import FieldStamps, stamp
from catalog.models.change import ProductChange, as_json, stamps_as_json
from catalog.models.confirmation import ContentConfirmation
from catalog.search import PRODUCT_WORDS, matches
from vendors.access import Access
from vendors.models import Vendor

FEW_CHANGES = 30_000  # are read to find the products that have changed


class ProductQuerySet(models.QuerySet["Product"]):
    def visible_to(self, access: Access) -> "ProductQuerySet":
        return access.narrow(self, "vendor_id")

    def found_by(self, text: str) -> "ProductQuerySet":
        """Those whose SKU, ID or name have words that begin like those of `text`."""
        condition = matches(text)
        return self.none() if condition is None else self.filter(condition)

    def named(self, name: str, access: Access) -> "ProductQuerySet":
        """Those that the person may see and whose SKU or vendor's ID is this, as it is written, or
        in upper or lower case."""
        names = list(dict.fromkeys([name, name.upper(), name.lower()]))
        products = Product.objects.order_by()
        # Vendor by vendor, because the index on the vendors' IDs begins with the vendor.
        of_one_vendor = products.filter(vendor=OuterRef("pk"), vendor_product_id__in=names)
        vendors = Vendor.objects.visible_to(access).order_by()
        hits = vendors.annotate(hit=Subquery(of_one_vendor.values("pk")[:1]))
        keys = [
            *products.filter(sku__in=names).values_list("pk", flat=True),
            *hits.filter(hit__isnull=False).values_list("hit", flat=True),
        ]
        return self.visible_to(access).filter(pk__in=keys)

    def changed_since(self, moment: datetime) -> "ProductQuerySet":
        """Those that were created or changed since then. If they are few, their changes name them;
        if they are many, the newest products are not far from each other."""
        changes = ProductChange.objects.filter(at__gte=moment).order_by()
        keys = [*changes.values_list("product_id", flat=True)[: FEW_CHANGES + 1]]
        if len(keys) <= FEW_CHANGES:
            return self.filter(pk__in=RawSQL("SELECT unnest(%s::int[])", [[*set(keys)]]))
        return self.filter(updated_at__gte=moment)

    def of_upload(self, upload_id: str) -> "ProductQuerySet":
        """Those that an upload created or changed."""
        changes = ProductChange.objects.filter(upload_id=upload_id)
        return self.filter(pk__in=changes.values("product_id"))


class Product(models.Model):
    """A product for sale. Imports write rows in bulk; `upload_id` and `upload_row` name the upload
    and the row of the vendor's spreadsheet that the product came from.

    `content_at` and `content_upload_id` say how new its values are: when the file they come from
    was stored in S3, or when staff edited them, and the upload of that file, if any. Rows of before
    these columns hold neither; `updated_at` serves instead. `content_times` has the stamps of the
    fields for which that does not hold (see `content_order.py`).
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")

    product_id = models.AutoField(primary_key=True)
    vendor = models.ForeignKey(
        Vendor, on_delete=models.PROTECT, db_index=False, verbose_name=_("vendor")
    )
    vendor_product_id = models.CharField(_("vendor product ID"), max_length=100)
    product_name = models.CharField(_("product name"), max_length=200)
    category = models.CharField(_("category"), max_length=100)
    subcategory = models.CharField(_("subcategory"), max_length=100, null=True, blank=True)
    description = models.TextField(_("description"), null=True, blank=True)
    sku = models.CharField(_("SKU"), max_length=100, unique=True)
    brand = models.CharField(_("brand"), max_length=100, null=True, blank=True)
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2)
    compare_at_price = models.DecimalField(
        _("compare-at price"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    stock_quantity = models.IntegerField(_("stock quantity"))
    unit = models.CharField(_("unit"), max_length=50, null=True, blank=True)
    weight_kg = models.DecimalField(
        _("weight (kg)"), max_digits=10, decimal_places=3, null=True, blank=True
    )
    dimensions_cm = models.CharField(_("dimensions (cm)"), max_length=50, null=True, blank=True)
    image_url = models.CharField(_("image URL"), max_length=500, null=True, blank=True)
    gtin = models.CharField(_("GTIN"), max_length=14, null=True, blank=True, db_default=None)
    status = models.CharField(_("status"), max_length=20, default="active", db_default="active")
    deactivated_at = models.DateTimeField(_("inactive since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    updated_at = models.DateTimeField(_("last updated"), db_default=Now())
    upload_id = models.CharField(_("upload ID"), max_length=40, null=True, blank=True)
    upload_row = models.IntegerField(_("row in the file"), null=True, blank=True)
    content_at = models.DateTimeField(_("content of"), null=True, blank=True)
    content_upload_id = models.CharField(max_length=40, null=True, blank=True)
    content_times = models.JSONField(null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "products"
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-product_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "vendor_product_id"], name="products_vendor_product_unique"
            ),
            models.CheckConstraint(condition=models.Q(price__gt=0), name="products_price_positive"),
            models.CheckConstraint(
                condition=models.Q(stock_quantity__gte=0), name="products_stock_not_negative"
            ),
        ]
        indexes = [
            # For files whose IDs have lost the zeros before them.
            *(
                models.Index(
                    "vendor",
                    Func(column, Value("0"), function="ltrim"),
                    condition=models.Q(**{f"{column}__startswith": "0"}),
                    name=f"products_padded_{name}",
                )
                for column, name in (("vendor_product_id", "id"), ("sku", "sku"))
            ),
            models.Index(fields=["upload_id", "upload_row"], name="products_upload"),
            # For staff's lists of a rare category, and to see whether a category is in use.
            models.Index(fields=["category"], name="products_category"),
            # For a vendor's list, the newest first, and its filters; below, for staff's, and for
            # inactive products.
            models.Index(
                fields=["vendor", "product_id"],
                include=["category", "status"],
                name="products_of_vendor",
            ),
            # For all lists of products.
            GinIndex(PRODUCT_WORDS, name="products_words"),
            models.Index(
                fields=["product_id"],
                condition=models.Q(status="inactive"),
                name="products_inactive",
            ),
            models.Index(
                fields=["vendor", "product_id"],
                condition=models.Q(status="inactive"),
                name="products_vendors_inactive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.product_name}"

    @property
    def status_title(self) -> str:
        """For people. A status that this version does not have is shown as it is stored."""
        known = self.status in Product.Status.values
        return str(Product.Status(self.status).label) if known else self.status

    def content(self) -> FieldStamps:
        """How new each field is, as far as this row says; see also `ContentConfirmation`."""
        at = self.content_at or self.updated_at
        return FieldStamps(stamp(at, self.content_upload_id or ""), self.content_times or {})

    def deactivated_after(self, status: str, at: datetime) -> datetime | None:
        """What `deactivated_at` is to be once this status is set at that time. Where uploads set
        it, SQL says the same (imports/destinations/table.py)."""
        if status != self.Status.INACTIVE:
            return None
        return self.deactivated_at if self.status == status else at

    def save_edit(self, fields: Iterable[str], *, by: User) -> None:
        """Store what a person has changed in these fields, and nothing else: an import may have
        changed others. Files of before no longer change these fields, nor do those that have set
        them, even if S3's clock is ahead of ours."""
        with transaction.atomic():
            stored = Product.objects.select_for_update().get(pk=self.pk)
            confirmed = ContentConfirmation.objects.of(stored.vendor_id, [stored.pk])
            content = stored.content().raised(confirmed.get(stored.pk, {}))
            self.updated_at = now()
            own = {name: content.edited(name, self.updated_at) for name in fields}
            self.content_at = stored.content_at or stored.updated_at
            self.content_times = {**content.others, **own} or None
            kept = ["updated_at", "content_at", "content_times"]
            if "status" in own:
                self.deactivated_at = stored.deactivated_after(self.status, self.updated_at)
                kept.append("deactivated_at")
            self.save(update_fields=[*own, *kept])
            before = {
                name: as_json(value)
                for name in own
                if (value := getattr(stored, name)) != getattr(self, name)
            }
            if before:
                ProductChange.objects.create(
                    product_id=stored.pk,
                    vendor_id=stored.vendor_id,
                    kind=ProductChange.Kind.UPDATED,
                    by=by,
                    before=before,
                    content=stamps_as_json({name: content.of(name) for name in before}),
                )
