"""Rejected rows are found by what they call their product. Rows of before are not: they are deleted
with their uploads, after AUDIT_KEPT_DAYS."""

from django.db import migrations, models
from django.db.models import Q

NAME = models.CharField(blank=True, max_length=255, null=True)


class Migration(migrations.Migration):
    dependencies = [("imports", "0032_people")]

    operations = [
        migrations.AddField(model_name="rowerror", name="named_sku", field=NAME.clone()),
        migrations.AddField(model_name="rowerror", name="named_id", field=NAME.clone()),
        migrations.AddIndex(
            model_name="rowerror",
            index=models.Index(
                fields=["named_sku"],
                condition=Q(named_sku__isnull=False),
                name="validation_errors_by_sku",
            ),
        ),
        migrations.AddIndex(
            model_name="rowerror",
            index=models.Index(
                fields=["named_id"],
                condition=Q(named_id__isnull=False),
                name="validation_errors_by_id",
            ),
        ),
    ]
