"""Names and help texts as staff read them; the database stays as it is."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_products_by_category"),
        ("vendors", "0002_labels"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="category",
            options={
                "ordering": ["name"],
                "verbose_name": "category",
                "verbose_name_plural": "categories",
            },
        ),
        migrations.AlterModelOptions(
            name="product",
            options={
                "ordering": ["-product_id"],
                "verbose_name": "product",
                "verbose_name_plural": "products",
            },
        ),
        migrations.AlterField(
            model_name="category",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created"),
        ),
        migrations.AlterField(
            model_name="category",
            name="is_active",
            field=models.BooleanField(
                default=True,
                help_text="Rows with an inactive category are rejected. Products already imported keep it.",
                verbose_name="active",
            ),
        ),
        migrations.AlterField(
            model_name="category",
            name="name",
            field=models.CharField(max_length=100, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="product",
            name="brand",
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name="brand"),
        ),
        migrations.AlterField(
            model_name="product",
            name="category",
            field=models.CharField(max_length=100, verbose_name="category"),
        ),
        migrations.AlterField(
            model_name="product",
            name="compare_at_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=10,
                null=True,
                verbose_name="compare-at price",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="description",
            field=models.TextField(blank=True, null=True, verbose_name="description"),
        ),
        migrations.AlterField(
            model_name="product",
            name="dimensions_cm",
            field=models.CharField(
                blank=True, max_length=50, null=True, verbose_name="dimensions (cm)"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="image_url",
            field=models.CharField(blank=True, max_length=500, null=True, verbose_name="image URL"),
        ),
        migrations.AlterField(
            model_name="product",
            name="price",
            field=models.DecimalField(decimal_places=2, max_digits=10, verbose_name="price"),
        ),
        migrations.AlterField(
            model_name="product",
            name="product_name",
            field=models.CharField(max_length=200, verbose_name="product name"),
        ),
        migrations.AlterField(
            model_name="product",
            name="sku",
            field=models.CharField(max_length=100, unique=True, verbose_name="SKU"),
        ),
        migrations.AlterField(
            model_name="product",
            name="status",
            field=models.CharField(
                db_default="active", default="active", max_length=20, verbose_name="status"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="stock_quantity",
            field=models.IntegerField(verbose_name="stock quantity"),
        ),
        migrations.AlterField(
            model_name="product",
            name="subcategory",
            field=models.CharField(
                blank=True, max_length=100, null=True, verbose_name="subcategory"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="unit",
            field=models.CharField(blank=True, max_length=50, null=True, verbose_name="unit"),
        ),
        migrations.AlterField(
            model_name="product",
            name="updated_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="last updated"
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="upload_id",
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name="upload ID"),
        ),
        migrations.AlterField(
            model_name="product",
            name="upload_row",
            field=models.IntegerField(blank=True, null=True, verbose_name="row in the file"),
        ),
        migrations.AlterField(
            model_name="product",
            name="vendor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="vendors.vendor",
                verbose_name="vendor",
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="vendor_product_id",
            field=models.CharField(max_length=100, verbose_name="vendor product ID"),
        ),
        migrations.AlterField(
            model_name="product",
            name="weight_kg",
            field=models.DecimalField(
                blank=True, decimal_places=3, max_digits=10, null=True, verbose_name="weight (kg)"
            ),
        ),
        migrations.AlterConstraint(
            model_name="category",
            name="product_categories_name_unique",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                name="product_categories_name_unique",
                violation_error_message="A category with this name already exists.",
            ),
        ),
    ]
