"""How migrations give the groups of staff more rights, unless an operator has changed the group."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.management import create_permissions

log = logging.getLogger(__name__)
Names = Mapping[str, Sequence[str]]  # app → code names of permissions


def create(apps: Any, labels: Iterable[str]) -> None:
    """Django makes permissions after all migrations; groups need theirs before."""
    for label in labels:
        app_config = apps.get_app_config(label)
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        app_config.models_module = None


def extend(apps: Any, name: str, before: Names, more: Names) -> None:
    """Add permissions to the group that has exactly those of before."""
    group = apps.get_model("auth", "Group").objects.filter(name=name).first()
    if group and {*group.permissions.all()} == {*permissions(apps, before)}:
        group.permissions.add(*permissions(apps, more))
    else:
        log.warning(
            "The group %s was changed by hand and is left as it is; docs/operate.md lists what "
            "its people may do from this version on.",
            name,
        )


def permissions(apps: Any, names: Names) -> list[Any]:
    found = apps.get_model("auth", "Permission").objects
    return [
        found.get(content_type__app_label=label, codename=codename)
        for label, codenames in names.items()
        for codename in codenames
    ]
