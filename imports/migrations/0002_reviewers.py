"""The group of staff who look at uploads and act on them, but do not change the catalogue."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUP = "Reviewers"
MAY = {
    "imports": [
        "view_upload",
        "act_on_upload",
        "view_rowerror",
        "view_notification",
        "view_alarm",
        "change_alarm",
        "view_action",
    ],
    "catalog": ["view_product", "view_category"],
    "vendors": ["view_vendor", "view_member"],
}


def make_group(apps, schema_editor):
    # Django makes permissions after all migrations; the group needs them now.
    for label in MAY:
        app_config = apps.get_app_config(label)
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for label, names in MAY.items():
        group.permissions.add(
            *permissions.filter(content_type__app_label=label, codename__in=names)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_initial"),
        ("catalog", "0001_initial"),
        ("vendors", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
