"""Finds IDs with zeros before them by what is left when a spreadsheet program removes these."""

from django.db import migrations, models
from django.db.models import F, Func, Q, Value


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_content_times"), ("vendors", "0004_longer_ids")]

    operations = [
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                F("vendor"),
                Func(column, Value("0"), function="ltrim"),
                condition=Q((f"{column}__startswith", "0")),
                name=name,
            ),
        )
        for column, name in (
            ("vendor_product_id", "products_padded_id"),
            ("sku", "products_padded_sku"),
        )
    ]
