"""The number below a product's bar code."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_padded_ids")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="gtin",
            field=models.CharField(
                blank=True, db_default=None, max_length=14, null=True, verbose_name="GTIN"
            ),
        ),
    ]
