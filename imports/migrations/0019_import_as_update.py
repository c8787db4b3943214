"""A person may import a file as an update that was sent to create products."""

from django.db import migrations, models

KINDS = [
    ("upload", "Uploaded"),
    ("retry", "Retried"),
    ("cancel", "Canceled"),
    ("map", "Said what the columns are"),
    ("update", "Imported as an update"),
    ("resend", "Sent email again"),
]


class Migration(migrations.Migration):
    dependencies = [("imports", "0018_warnings")]

    operations = [
        migrations.AlterField(
            model_name="action",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10, verbose_name="action"),
        )
    ]
