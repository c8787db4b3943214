"""The last edit of a vendor's products is found at once. Changes by files have no entry."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_synonyms"),
        ("vendors", "0005_api_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="productchange",
            index=models.Index(
                fields=["vendor", "change_id"],
                condition=Q(by__isnull=False),
                name="product_changes_edits",
            ),
        ),
    ]
