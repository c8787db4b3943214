"""Vendor IDs of 50 characters, as other systems have them.

PostgreSQL widens a varchar without rewriting the table or checking its keys again. Django would
drop and check every foreign key, which reads all products under a lock.
"""

from django.core.validators import RegexValidator
from django.db import migrations, models

TABLES = ("vendors", "vendor_members", "products", "upload_history", "schedules")
WIDEN = "ALTER TABLE {} ALTER COLUMN vendor_id TYPE varchar(50)"


class Migration(migrations.Migration):
    dependencies = [
        ("vendors", "0003_tries"),
        ("catalog", "0003_labels"),
        ("imports", "0010_labels"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(WIDEN.format(table), migrations.RunSQL.noop) for table in TABLES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="vendor",
                    name="vendor_id",
                    field=models.CharField(
                        max_length=50,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9_-]{0,49}\\Z",
                                "Use letters, digits, hyphens and underscores. Begin with a "
                                "letter or digit.",
                            )
                        ],
                        verbose_name="vendor ID",
                    ),
                )
            ],
        )
    ]
