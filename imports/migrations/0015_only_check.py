"""A check can be one of any mode."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0014_scale")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="only_check",
            field=models.BooleanField(db_default=False, default=False, verbose_name="check only"),
        ),
        migrations.AddField(
            model_name="upload",
            name="check_of",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The mode of the import that a check is about.",
                max_length=10,
            ),
        ),
    ]
