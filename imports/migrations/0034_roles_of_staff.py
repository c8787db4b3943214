"""Reviewers can do their work, and Viewers look at the same pages. Both are groups that operators
may change: a group that is not as earlier migrations have left it is not changed."""

import logging

from django.contrib.auth.management import create_permissions
from django.db import migrations

log = logging.getLogger(__name__)

BEFORE = {  # of Reviewers, by the migrations 0002, 0008 and 0028
    "imports": [
        "view_upload",
        "act_on_upload",
        "view_rowerror",
        "view_notification",
        "view_alarm",
        "change_alarm",
        "view_action",
        "view_schedule",
        "view_categoryrequest",
    ],
    "catalog": ["view_product", "view_category"],
    "vendors": ["view_vendor", "view_member"],
}
MORE = {
    "imports": [
        "add_schedule",
        "change_schedule",
        "delete_schedule",
        "view_webhookendpoint",
        "change_webhookendpoint",
        "view_webhookdelivery",
        "view_invitation",
        "view_vendornotice",
    ],
    "catalog": [
        "change_product",
        "add_category",
        "change_category",
        "view_categorysynonym",
        "add_categorysynonym",
        "change_categorysynonym",
        "delete_categorysynonym",
    ],
    "vendors": [
        "add_vendor",
        "change_vendor",
        "add_member",
        "change_member",
        "delete_member",
        "view_apitoken",
        "change_apitoken",
    ],
    "auth": ["view_user", "change_user"],
}
VIEWERS = {
    "imports": [
        "view_upload",
        "view_rowerror",
        "view_notification",
        "view_alarm",
        "view_action",
        "view_schedule",
        "view_categoryrequest",
        "view_webhookendpoint",
        "view_webhookdelivery",
        "view_invitation",
        "view_vendornotice",
    ],
    "catalog": ["view_product", "view_category", "view_categorysynonym"],
    "vendors": ["view_vendor", "view_member", "view_apitoken"],
    "auth": ["view_user"],
}


def fill(apps, schema_editor):
    # Django makes permissions after all migrations; the groups need them now.
    for label in MORE:
        app_config = apps.get_app_config(label)
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        app_config.models_module = None
    groups = apps.get_model("auth", "Group").objects
    reviewers = groups.filter(name="Reviewers").first()
    if reviewers and {*reviewers.permissions.all()} == {*permissions(apps, BEFORE)}:
        reviewers.permissions.add(*permissions(apps, MORE))
    else:
        log.warning(
            "The group Reviewers was changed by hand and is left as it is; docs/operate.md lists "
            "what Reviewers may do from this version on."
        )
    viewers, is_new = groups.get_or_create(name="Viewers")
    if is_new:
        viewers.permissions.add(*permissions(apps, VIEWERS))


def permissions(apps, names):
    found = apps.get_model("auth", "Permission").objects
    return [
        found.get(content_type__app_label=label, codename=codename)
        for label, codenames in names.items()
        for codename in codenames
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0033_rejected_rows_by_name"),
        ("catalog", "0015_synonyms"),
        ("vendors", "0006_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
