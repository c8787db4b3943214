"""Names and help texts as staff read them; the database stays as it is."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("warehouse", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "ordering": ["-customer_id"],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.AlterModelOptions(
            name="metric",
            options={
                "ordering": ["-id"],
                "verbose_name": "metric",
                "verbose_name_plural": "metrics",
            },
        ),
        migrations.AlterField(
            model_name="customer",
            name="age",
            field=models.IntegerField(
                help_text="In years, on the day of the import.", verbose_name="age"
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="country",
            field=models.CharField(blank=True, max_length=60, null=True, verbose_name="country"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="customer_id",
            field=models.BigIntegerField(
                primary_key=True, serialize=False, verbose_name="customer ID"
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="date_of_birth",
            field=models.DateField(verbose_name="date of birth"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="email",
            field=models.CharField(max_length=254, verbose_name="email"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="full_name",
            field=models.CharField(max_length=200, verbose_name="full name"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="phone_number",
            field=models.CharField(max_length=10, verbose_name="phone number"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="upload_id",
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name="upload ID"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="upload_row",
            field=models.IntegerField(blank=True, null=True, verbose_name="row in the file"),
        ),
        migrations.AlterField(
            model_name="metric",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="metric",
            name="timestamp",
            field=models.DateTimeField(verbose_name="timestamp"),
        ),
        migrations.AlterField(
            model_name="metric",
            name="upload_id",
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name="upload ID"),
        ),
        migrations.AlterField(
            model_name="metric",
            name="upload_row",
            field=models.IntegerField(blank=True, null=True, verbose_name="item in the file"),
        ),
        migrations.AlterField(
            model_name="metric",
            name="value",
            field=models.FloatField(verbose_name="value"),
        ),
    ]
