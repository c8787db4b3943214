"""People approve no uploads of their own. Reviewers release held uploads; Viewers see them."""

from importlib import import_module

from django.db import migrations

from imports.migrations import _staff_groups

ROLES = import_module("imports.migrations.0034_roles_of_staff")
BEFORE = {
    label: ROLES.BEFORE.get(label, []) + ROLES.MORE.get(label, [])
    for label in {**ROLES.BEFORE, **ROLES.MORE}
}
MORE = {"imports": ["release_upload", "view_heldupload"]}
VIEWERS = {"imports": ["view_heldupload"]}

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


def fill(apps, schema_editor):
    _staff_groups.create(apps, MORE)
    _staff_groups.extend(apps, "Reviewers", BEFORE, MORE)
    _staff_groups.extend(apps, "Viewers", ROLES.VIEWERS, VIEWERS)


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0036_holds"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunSQL(OF_OTHERS, NO_MORE),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
