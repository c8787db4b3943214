"""A user may be a member of several vendors, in a role. Those who are members now are owners, and so
are those whom the version before adds while both run. Nothing says when they have joined."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("vendors", "0005_api_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="vendor",
            name="deactivated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="deactivated"),
        ),
        migrations.AddField(
            model_name="vendor",
            name="extra_recipients",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.EmailField(max_length=254),
                blank=True,
                db_default=[],
                default=list,
                help_text="Get the emails about the vendor's uploads, beside its members.",
                size=5,
                verbose_name="extra recipients",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                fields=("user", "vendor"), name="vendor_members_unique"
            ),
        ),
        migrations.AlterField(
            model_name="member",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterModelOptions(
            name="member",
            options={
                "ordering": ["pk"],
                "verbose_name": "member",
                "verbose_name_plural": "members",
            },
        ),
        migrations.AddField(
            model_name="member",
            name="role",
            field=models.CharField(
                choices=[("owner", "Owner"), ("uploader", "Uploader"), ("viewer", "Viewer")],
                db_default="owner",
                default="owner",
                max_length=10,
                verbose_name="role",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="joined_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Unknown of those who were members before this was recorded.",
                null=True,
                verbose_name="joined",
            ),
        ),
        migrations.AlterField(
            model_name="member",
            name="joined_at",
            field=models.DateTimeField(
                blank=True,
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="Unknown of those who were members before this was recorded.",
                null=True,
                verbose_name="joined",
            ),
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="person",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        db_default="UTC", default="UTC", max_length=50, verbose_name="time zone"
                    ),
                ),
                (
                    "emails",
                    models.CharField(
                        choices=[
                            ("all", "About every upload"),
                            ("problems", "Only when something needs doing"),
                            ("digest", "Once a day, in one email"),
                            ("none", "None"),
                        ],
                        db_default="all",
                        default="all",
                        max_length=10,
                        verbose_name="emails",
                    ),
                ),
                (
                    "vendor",
                    models.ForeignKey(
                        blank=True,
                        help_text="For whom the user works at present, if still a member.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="vendors.vendor",
                        verbose_name="vendor",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "db_table": "people",
            },
        ),
    ]
