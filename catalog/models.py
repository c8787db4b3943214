"""The marketplace's catalog, which the storefront and other systems read."""

from django.db import models
from django.db.models.functions import Lower, Now

from vendors.access import Access
from vendors.models import Vendor


class Category(models.Model):
    """An approved category. Vendors may write it in any case; products store this spelling."""

    category_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(
        default=True, help_text="New rows cannot use a category that is not active."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "product_categories"
        ordering = ["name"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="product_categories_name_unique",
                violation_error_message="A category of this name exists already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def approved_names(cls) -> list[str]:
        """The names of all active categories, in alphabetical order."""
        return list(cls.objects.filter(is_active=True).values_list("name", flat=True))


class ProductQuerySet(models.QuerySet["Product"]):
    def visible_to(self, access: Access) -> "ProductQuerySet":
        return access.narrow(self, "vendor_id")


class Product(models.Model):
    """A product for sale. Imports write rows in bulk; `upload_id` and `upload_row` name the upload
    and the row of the vendor's spreadsheet that the product came from."""

    product_id = models.AutoField(primary_key=True)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, db_index=False)
    vendor_product_id = models.CharField(max_length=100)
    product_name = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    subcategory = models.CharField(max_length=100, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    sku = models.CharField(max_length=100, unique=True)
    brand = models.CharField(max_length=100, null=True, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    compare_at_price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    stock_quantity = models.IntegerField()
    unit = models.CharField(max_length=50, null=True, blank=True)
    weight_kg = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    dimensions_cm = models.CharField(max_length=50, null=True, blank=True)
    image_url = models.CharField(max_length=500, null=True, blank=True)
    status = models.CharField(max_length=20, default="active", db_default="active")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    upload_id = models.CharField(max_length=40, null=True, blank=True)
    upload_row = models.IntegerField(null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "products"
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
            models.Index(fields=["upload_id", "upload_row"], name="products_upload"),
            # For the admin's list of a rare category, and to see whether a category is in use.
            models.Index(fields=["category"], name="products_category"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} · {self.product_name}"
