"""Reviewers can do their work, and Viewers look at the same pages. Both are groups that operators
may change: a group that is not as earlier migrations have left it is not changed."""

from django.db import migrations

from imports.migrations import _staff_groups

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
    _staff_groups.create(apps, MORE)
    _staff_groups.extend(apps, "Reviewers", BEFORE, MORE)
    viewers, is_new = apps.get_model("auth", "Group").objects.get_or_create(name="Viewers")
    if is_new:
        viewers.permissions.add(*_staff_groups.permissions(apps, VIEWERS))


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0033_rejected_rows_by_name"),
        ("catalog", "0015_synonyms"),
        ("vendors", "0006_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
