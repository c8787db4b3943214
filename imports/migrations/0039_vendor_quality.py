import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0038_email_choices"),
        ("vendors", "0007_review"),
    ]

    operations = [
        migrations.CreateModel(
            name="VendorQuality",
            fields=[
                (
                    "vendor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quality",
                        serialize=False,
                        to="vendors.vendor",
                    ),
                ),
                ("products", models.IntegerField(help_text="Active ones.")),
                ("incomplete", models.IntegerField(help_text="Those that lack something.")),
                (
                    "missing",
                    models.JSONField(help_text="How many lack which column, by its key."),
                ),
                ("score", models.IntegerField(help_text="0 to 100.", verbose_name="quality")),
                ("counted_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "verbose_name": "quality of a vendor",
                "verbose_name_plural": "quality of vendors",
                "db_table": "vendor_quality",
            },
        ),
    ]
