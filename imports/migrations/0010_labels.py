"""Names and help texts as staff read them; the database stays as it is."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0009_notification_kind"),
        ("vendors", "0002_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="action",
            options={
                "ordering": ["at", "id"],
                "verbose_name": "upload activity",
                "verbose_name_plural": "upload activity",
            },
        ),
        migrations.AlterModelOptions(
            name="alarm",
            options={
                "ordering": ["-raised_at"],
                "verbose_name": "alarm",
                "verbose_name_plural": "alarms",
            },
        ),
        migrations.AlterModelOptions(
            name="notification",
            options={
                "ordering": ["-created_at"],
                "verbose_name": "email",
                "verbose_name_plural": "emails",
            },
        ),
        migrations.AlterModelOptions(
            name="rowerror",
            options={
                "ordering": ["error_id"],
                "verbose_name": "validation error",
                "verbose_name_plural": "validation errors",
            },
        ),
        migrations.AlterModelOptions(
            name="schedule",
            options={
                "ordering": ["name"],
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
            },
        ),
        migrations.AlterModelOptions(
            name="upload",
            options={
                "ordering": ["-upload_timestamp", "-upload_id"],
                "permissions": [("act_on_upload", "Can retry and cancel uploads")],
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
            },
        ),
        migrations.AlterField(
            model_name="action",
            name="at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="time"
            ),
        ),
        migrations.AlterField(
            model_name="action",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="action",
            name="kind",
            field=models.CharField(
                choices=[("upload", "Uploaded"), ("retry", "Retried"), ("cancel", "Canceled")],
                max_length=10,
                verbose_name="action",
            ),
        ),
        migrations.AlterField(
            model_name="action",
            name="run",
            field=models.IntegerField(verbose_name="run"),
        ),
        migrations.AlterField(
            model_name="action",
            name="upload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="actions",
                to="imports.upload",
                verbose_name="upload",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="closed"),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to=settings.AUTH_USER_MODEL,
                verbose_name="closed by",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="detail",
            field=models.TextField(blank=True, verbose_name="detail"),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("failed_upload", "Upload failed: internal error"),
                    ("unknown_vendor", "File from an unknown vendor"),
                    ("unsent_mail", "Email not sent"),
                    ("failed_import", "Automated import failed"),
                    ("dead_letter", "Messages in a dead-letter queue"),
                    ("failed_schedule", "Schedule failed"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="raised_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="raised"
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="subject",
            field=models.CharField(
                help_text="What it is about: an ID or a queue.",
                max_length=300,
                verbose_name="subject",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[("run_ended", "Result of an import")],
                db_default="run_ended",
                default="run_ended",
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="last_error",
            field=models.TextField(blank=True, verbose_name="last error"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="lost",
            field=models.IntegerField(default=0, help_text="Sends whose outcome is not known."),
        ),
        migrations.AlterField(
            model_name="notification",
            name="run",
            field=models.IntegerField(verbose_name="run"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="sent"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("unknown", "Not confirmed"),
                    ("failed", "Not sent"),
                ],
                default="pending",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="subject",
            field=models.CharField(max_length=400, verbose_name="subject"),
        ),
        migrations.AlterField(
            model_name="notification",
            name="to",
            field=models.EmailField(max_length=254, verbose_name="to"),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="column_name",
            field=models.CharField(blank=True, max_length=255, verbose_name="column"),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
            ),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="error_message",
            field=models.TextField(verbose_name="message"),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="error_type",
            field=models.CharField(max_length=40, verbose_name="error type"),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="original_data",
            field=models.JSONField(blank=True, null=True, verbose_name="original row"),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="row_number",
            field=models.IntegerField(
                help_text="As the vendor's spreadsheet counts: the header is row 1.",
                verbose_name="row",
            ),
        ),
        migrations.AlterField(
            model_name="rowerror",
            name="run",
            field=models.IntegerField(verbose_name="run"),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="cron",
            field=models.CharField(
                blank=True,
                help_text="Minute, hour, day of month, month, day of week, in UTC. For example, 0 6 * * mon-fri runs at 06:00 on weekdays. If you set both days, either one is enough.",
                max_length=100,
                verbose_name="cron expression",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="every_minutes",
            field=models.IntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="interval (minutes)",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="last_result",
            field=models.TextField(blank=True, verbose_name="last result"),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="name",
            field=models.CharField(max_length=100, unique=True, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="prefix",
            field=models.CharField(
                help_text="Every file whose key begins with this is imported. End it with a slash: exports/metrics/ does not match exports/metrics-old/.",
                max_length=500,
                verbose_name="S3 prefix",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="vendor",
            field=models.ForeignKey(
                blank=True,
                help_text="Required for data sets that belong to a vendor.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="vendors.vendor",
                verbose_name="vendor",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="dataset",
            field=models.CharField(max_length=50, verbose_name="data set"),
        ),
        migrations.AlterField(
            model_name="upload",
            name="file_name",
            field=models.CharField(max_length=255, verbose_name="file name"),
        ),
        migrations.AlterField(
            model_name="upload",
            name="mode",
            field=models.CharField(
                choices=[
                    ("create", "Add new rows"),
                    ("update", "Update rows and add new ones"),
                    ("check", "Check only"),
                ],
                default="create",
                max_length=10,
                verbose_name="mode",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="run",
            field=models.IntegerField(
                default=1, help_text="Rises with every retry.", verbose_name="run"
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="status",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("processing", "Processing"),
                    ("completed", "Completed"),
                    ("partial", "Partially imported"),
                    ("failed", "Failed"),
                    ("cancelled", "Canceled"),
                ],
                default="received",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="step",
            field=models.CharField(
                choices=[
                    ("stage", "Reading file"),
                    ("load", "Checking and importing rows"),
                    ("report", "Writing report"),
                    ("notify", "Sending email"),
                    ("done", "Done"),
                ],
                default="stage",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="upload_id",
            field=models.CharField(
                max_length=40, primary_key=True, serialize=False, verbose_name="upload ID"
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="upload_timestamp",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="uploaded"
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="uploaded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to=settings.AUTH_USER_MODEL,
                verbose_name="uploaded by",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="vendor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="vendors.vendor",
                verbose_name="vendor",
            ),
        ),
    ]
