"""Names and help texts as staff read them; the database stays as it is."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vendors", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="member",
            options={"verbose_name": "member", "verbose_name_plural": "members"},
        ),
        migrations.AlterModelOptions(
            name="vendor",
            options={
                "ordering": ["vendor_id"],
                "verbose_name": "vendor",
                "verbose_name_plural": "vendors",
            },
        ),
        migrations.AlterField(
            model_name="member",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="membership",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="member",
            name="vendor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="vendors.vendor",
                verbose_name="vendor",
            ),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="contact_email",
            field=models.EmailField(
                blank=True,
                help_text="Gets the emails about files sent by file transfer.",
                max_length=254,
                verbose_name="contact email",
            ),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="created"),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="is_active",
            field=models.BooleanField(
                default=True,
                help_text="Files of an inactive vendor are rejected. Its products stay in the catalog, and its users can still log in and see its uploads.",
                verbose_name="active",
            ),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="vendor",
            name="vendor_id",
            field=models.CharField(
                max_length=20,
                primary_key=True,
                serialize=False,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Za-z0-9][A-Za-z0-9_-]{0,19}\\Z",
                        "Use letters, digits, hyphens and underscores. Begin with a letter or digit.",
                    )
                ],
                verbose_name="vendor ID",
            ),
        ),
    ]
