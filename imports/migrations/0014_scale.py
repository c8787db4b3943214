"""Sweeps count failures; claims, sweeps and lists get indexes; kinds of alarm."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0013_mail"),
        ("vendors", "0002_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="upload",
            name="upload_history_by_vendor",
        ),
        migrations.RemoveIndex(
            model_name="upload",
            name="upload_history_by_time",
        ),
        migrations.AddField(
            model_name="upload",
            name="sweep_failures",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="Times a sweep could not delete what is to be deleted.",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("failed_upload", "Upload failed: internal error"),
                    ("unknown_vendor", "File from an unknown vendor"),
                    ("unsent_mail", "Email not sent"),
                    ("bounced_mail", "Email bounced or marked as spam"),
                    ("failed_import", "Automated import failed"),
                    ("dead_letter", "Messages in a dead-letter queue"),
                    ("failed_schedule", "Schedule failed"),
                    ("stray_file", "File outside all folders"),
                    ("failed_sweep", "Maintenance failed"),
                    ("failed_erasure", "Personal data not erased"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="subject",
            field=models.CharField(
                help_text="What it is about: an ID, a queue or a task.",
                max_length=300,
                verbose_name="subject",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["-created_at"], name="notifications_by_time"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                models.Func(
                    output_field=models.DurationField(),
                    template="(\ngreatest(\n    coalesce(started_at, next_attempt_at) - timestamptz '2000-01-01 00:00:00+00'\n    + least(10000, CASE WHEN step = 'stage' THEN coalesce(file_size, 0) / 100\n                   ELSE total_records - valid_records - error_records - skipped_records END)\n      * interval '30 milliseconds',\n    CASE WHEN attempts > 0 THEN next_attempt_at - timestamptz '2000-01-01 00:00:00+00' END\n)\n)",
                ),
                condition=models.Q(("next_attempt_at__isnull", False)),
                name="upload_history_turn",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                models.F("vendor_prefix"),
                models.Func(
                    output_field=models.DurationField(),
                    template="(\ngreatest(\n    coalesce(started_at, next_attempt_at) - timestamptz '2000-01-01 00:00:00+00'\n    + least(10000, CASE WHEN step = 'stage' THEN coalesce(file_size, 0) / 100\n                   ELSE total_records - valid_records - error_records - skipped_records END)\n      * interval '30 milliseconds',\n    CASE WHEN attempts > 0 THEN next_attempt_at - timestamptz '2000-01-01 00:00:00+00' END\n)\n)",
                ),
                condition=models.Q(("next_attempt_at__isnull", False)),
                name="upload_history_vendors_turn",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                fields=["vendor", "-upload_timestamp", "-upload_id"],
                name="upload_history_vendors_order",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                fields=["-upload_timestamp", "-upload_id"], name="upload_history_order"
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("source_deleted_at__isnull", True)),
                fields=["completed_at"],
                name="upload_history_with_source",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["completed_at"], name="upload_history_by_end"),
        ),
    ]
