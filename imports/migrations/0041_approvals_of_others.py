"""People approve no uploads of their own. Reviewers release held uploads, and see them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

OF_OTHERS = """
CREATE FUNCTION approvals_of_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM upload_history
        WHERE upload_id = NEW.upload_id AND uploaded_by_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'an upload is approved by other people than the one who sent it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approvals_of_others';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approvals_of_others BEFORE INSERT OR UPDATE ON approvals
FOR EACH ROW EXECUTE FUNCTION approvals_of_others();
"""
NO_MORE = """
DROP TRIGGER approvals_of_others ON approvals;
DROP FUNCTION approvals_of_others();
"""


def let_reviewers_release(apps, schema_editor):
    # Django makes permissions after all migrations; the group needs these now.
    app_config = apps.get_app_config("imports")
    app_config.models_module = True
    create_permissions(app_config, apps=apps, verbosity=0)
    app_config.models_module = None
    found = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="imports", codename__in=["release_upload", "view_heldupload"]
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Reviewers"):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0040_holds"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunSQL(OF_OTHERS, NO_MORE),
        migrations.RunPython(let_reviewers_release, migrations.RunPython.noop),
    ]
