"""Leave half of each page of products free, so that an update of all rows of a page stays there and
touches no index. Pages that exist are filled as before."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0013_change_content"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE products SET (fillfactor = 50)",
            "ALTER TABLE products RESET (fillfactor)",
        ),
    ]
