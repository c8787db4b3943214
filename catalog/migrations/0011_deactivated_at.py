"""When a product was deactivated; of those that are inactive now, when they were last changed."""

from django.db import migrations, models

# Only the inactive rows are written, which an index finds: few, because so far staff deactivate one
# at a time. A version that runs beside this one may still write rows without the time; pages then
# show the status alone.
FILL = "UPDATE products SET deactivated_at = updated_at WHERE status = 'inactive'"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_product_lists")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="deactivated_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="inactive since"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
