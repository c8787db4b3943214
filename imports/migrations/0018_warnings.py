"""A finding may be a warning: the row is imported, and the vendor is asked to look at it."""

from django.db import migrations, models

SEVERITIES = [("error", "Error"), ("warning", "Warning"), ("notice", "Notice")]


class Migration(migrations.Migration):
    dependencies = [("imports", "0017_mapping")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="warned_records",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="Rows with a warning, rejected or not.",
            ),
        ),
        migrations.AlterField(
            model_name="errorcounts",
            name="severity",
            field=models.CharField(choices=SEVERITIES, default="error", max_length=10),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="severity",
            field=models.CharField(
                choices=SEVERITIES,
                db_default="error",
                default="error",
                max_length=10,
                verbose_name="severity",
            ),
        ),
    ]
