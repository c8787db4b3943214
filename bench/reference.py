"""The same import with django-import-export 4.4, in two ways.

`by_options` follows its documentation on performance, as a project would: bulk inserts in batches,
its CachedInstanceLoader, no diffs, our own look-ups once per file. The aim refers to this one.

`by_all_means` is tuned as far as the library's hooks allow, to show how much of the difference is
due to its design. What is tuned, and why:
- `use_bulk` in batches of 1,000: `bulk_create`, not `save`.
- `force_init_instance`: all rows are new, so stored instances need not be looked up.
- `skip_diff`, `skip_html_diff`, and no stored row values, instances or failed rows: no row reports.
- `clean_model_instances` is off, because `full_clean` queries the database several times per row.
  Instead the fields are validated one by one, both unique keys are looked up with one query each
  for the whole file and kept in memory, and approved categories are read once.
- the list of fields is created once, not once per row as the library does.
- one transaction, so one commit.
- the file is read with `csv`, because `tablib` rejects a whole file for one row that is too long.

The rules are validators on the model's fields, as users of the library write them. With our own
compiled checkers it is only 10 % faster: most of the time is spent in the ORM.

It stores no row errors, writes no report, sends no email, and a kill loses all progress.
"""

import csv
import io
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    RegexValidator,
)
from import_export.fields import Field
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import ModelResource, tablib
from import_export.widgets import Widget

from bench.files import File
from bench.twins import twin_model
from catalog.models import Category
from imports import datasets

TABLE = "products_by_import_export"
NOT_PRINTABLE = RegexValidator("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", inverse_match=True)
LENGTH = r"[0-9]{1,5}(?:\.[0-9]{1,2})?"
CENT, MOST = Decimal("0.01"), Decimal("999999.99")
approved: dict[str, str] = {}  # by case-folded name; read once per import


def is_approved(name: str) -> None:
    if name.casefold() not in approved:
        raise ValidationError(f"Category '{name}' is not approved.")


Twin: Any = twin_model(
    TABLE,
    {
        "vendor_product_id": [NOT_PRINTABLE],
        "product_name": [NOT_PRINTABLE],
        "category": [is_approved],
        "subcategory": [NOT_PRINTABLE],
        "description": [MaxLengthValidator(2000), NOT_PRINTABLE],
        "sku": [MinLengthValidator(1), NOT_PRINTABLE],
        "brand": [NOT_PRINTABLE],
        "price": [MinValueValidator(CENT), MaxValueValidator(MOST)],
        "compare_at_price": [MinValueValidator(CENT), MaxValueValidator(MOST)],
        "stock_quantity": [MinValueValidator(0), MaxValueValidator(1_000_000)],
        "weight_kg": [MinValueValidator(0), MaxValueValidator(Decimal("99999.999"))],
        "dimensions_cm": [RegexValidator(rf"^{LENGTH}(?: ?[xX×*] ?{LENGTH}){{1,2}}\Z")],
        "image_url": [RegexValidator(r"^https?://[A-Za-z0-9.-]+(?:[/?#][^\s<>\"]*)?\Z")],
    },
)


class Text(Widget):
    """A trimmed and normalized cell, None if empty; Django's fields do the rest."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        value = value.strip()
        return (value if value.isascii() else unicodedata.normalize("NFC", value)) or None


class Rules:
    """The checks of both resources beside the fields' validators, with look-ups made once."""

    vendor_id: str
    not_in_file: set[str]

    def look_up(self, dataset: Any) -> None:
        approved.clear()
        approved.update((name.casefold(), name) for name in Category.approved_names())
        stored = Twin.objects.filter(sku__in=dataset["sku"])
        self.skus = set(stored.values_list("sku", flat=True))
        stored = Twin.objects.filter(
            vendor_id=self.vendor_id, vendor_product_id__in=dataset["vendor_product_id"]
        )
        self.ids = set(stored.values_list("vendor_product_id", flat=True))

    def judge(self, instance: Any, import_validation_errors: Any) -> None:
        errors = dict(import_validation_errors or {})
        try:
            instance.clean_fields(exclude=self.not_in_file)
        except ValidationError as wrong:
            errors = wrong.update_error_dict(errors)
        if instance.sku in self.skus:
            errors["sku"] = ValidationError("taken")
        if instance.vendor_product_id in self.ids:
            errors["vendor_product_id"] = ValidationError("taken")
        if errors:
            raise ValidationError(errors)
        instance.category = approved[instance.category.casefold()]
        self.skus.add(instance.sku)
        self.ids.add(instance.vendor_product_id)


class ByOptions(Rules, ModelResource):
    """The library's own fields, widgets and instance loader."""

    class Meta:
        model = Twin
        fields = tuple(column.key for column in datasets.get("products").columns)
        import_id_fields = ("sku",)
        use_bulk = True
        batch_size = 1000
        instance_loader_class = CachedInstanceLoader
        skip_diff = True
        skip_html_diff = True
        report_skipped = False
        clean_model_instances = False  # full_clean queries the database several times per row
        use_transactions = True

    def __init__(self, vendor_id: str, columns: tuple[str, ...]) -> None:
        super().__init__()
        self.vendor_id = vendor_id
        self.not_in_file = {f.name for f in Twin._meta.local_fields} - set(columns)
        for key in ("price", "compare_at_price", "weight_kg", "stock_quantity"):
            # The library's own widget ends the whole import at "free"; Django's fields reject it.
            self.fields[key].widget = Widget()

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.look_up(dataset)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for key, value in row.items():
            row[key] = unicodedata.normalize("NFC", value.strip()) or None

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        self.judge(instance, import_validation_errors)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.vendor_id = self.vendor_id
        instance.upload_id = "BY_IMPORT_EXPORT"
        instance.upload_row = kwargs["row_number"] + 1


class ByAllMeans(Rules, ModelResource):
    class Meta:
        model = Twin
        fields = ()
        import_id_fields = ("sku",)
        use_bulk = True
        batch_size = 1000
        force_init_instance = True
        skip_diff = True
        skip_html_diff = True
        report_skipped = False
        clean_model_instances = False
        use_transactions = True

    def __init__(self, vendor_id: str, columns: tuple[str, ...]) -> None:
        super().__init__()
        self.vendor_id = vendor_id
        self.fields = OrderedDict(
            (key, Field(attribute=key, column_name=key, widget=Text())) for key in columns
        )
        self.import_fields = list(self.fields.values())
        self.not_in_file = {f.name for f in Twin._meta.local_fields} - set(columns)

    def get_import_fields(self) -> list[Any]:
        return self.import_fields

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.look_up(dataset)

    def init_instance(self, row: Any = None) -> Any:
        return Twin(vendor_id=self.vendor_id, upload_id="BY_IMPORT_EXPORT")

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        self.judge(instance, import_validation_errors)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.upload_row = kwargs["row_number"] + 1


def by_options(file: File, vendor_id: str) -> tuple[float, int]:
    """Import the file as documented; return the duration in seconds and the number of rows."""
    return timed(ByOptions, file, vendor_id)


def by_all_means(file: File, vendor_id: str) -> tuple[float, int]:
    """Import the file as fast as the library can; return the same."""
    return timed(ByAllMeans, file, vendor_id)


def timed(make: Callable[..., ModelResource], file: File, vendor_id: str) -> tuple[float, int]:
    body = file.csv()
    began = time.perf_counter()
    _, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
    fitting = [row for row in rows if len(row) == len(file.columns)]
    resource = make(vendor_id, file.columns)
    result = resource.import_data(tablib.Dataset(*fitting, headers=file.columns))
    seconds = time.perf_counter() - began
    if result.has_errors():
        raise AssertionError(result.base_errors or result.row_errors()[:3])
    return seconds, result.totals["new"]
