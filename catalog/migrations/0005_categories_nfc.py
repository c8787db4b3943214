"""Store the names of categories in NFC with single spaces, as rows name them."""

from typing import Any

from django.db import migrations
from django.db.models.functions import Lower

import catalog.category_names
from catalog.category_names import tidy


def tidy_names(apps: Any, schema_editor: Any) -> None:
    """Of two names that become the same, one stays, and is active if either was."""
    categories = apps.get_model("catalog", "Category").objects
    rows = categories.order_by("category_id").values_list("category_id", "name", "is_active")
    for category_id, name, is_active in list(rows):
        if name == tidy(name):
            continue
        same = categories.annotate(lower=Lower("name")).filter(lower=tidy(name).lower())
        if other := same.exclude(pk=category_id).first():
            categories.filter(pk=category_id).delete()
            categories.filter(pk=other.pk).update(is_active=is_active or other.is_active)
        else:
            categories.filter(pk=category_id).update(name=tidy(name))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_content_order"),
    ]

    operations = [
        migrations.AlterField(
            model_name="category",
            name="name",
            field=catalog.category_names.CategoryNameField(max_length=100, verbose_name="name"),
        ),
        migrations.RunPython(tidy_names, migrations.RunPython.noop, elidable=True),
    ]
