"""Reviewers see which categories vendors want. Who may change categories decides."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_reviewers_look(apps, schema_editor):
    # Django makes permissions after all migrations; the group needs this one now.
    app_config = apps.get_app_config("imports")
    app_config.models_module = True
    create_permissions(app_config, apps=apps, verbosity=0)
    app_config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="imports", codename="view_categoryrequest"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Reviewers"):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0027_category_requests"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(let_reviewers_look, migrations.RunPython.noop)]
