"""The admin's sidebar: what each user may see."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imports.admin.catalog import ledger
from imports.models import Alarm, HeldUpload
from imports.models.upload import IS_HELD
from imports.notifications.addresses import new_upload_url
from imports.wanted.asking import open_names
from vendors.access import ACT_ON_UPLOADS, VIEW_UPLOADS

Item = tuple[str, str]  # app and model, icon; the title is the model's name, as on its pages

ALARMS = "imports.alarm"
HELD = "imports.heldupload"
WANTED = "imports.categoryrequest"
CATALOG = _("Catalog")
# Models without permissions of their own: who views these views those.
SEEN_WITH = {"imports.digest": "imports.notification"}

GROUPS: tuple[tuple[str | Promise, tuple[Item, ...]], ...] = (
    (
        _("Imports"),
        (
            ("imports.upload", "upload_file"),
            (HELD, "pan_tool"),
            ("imports.schedule", "event_repeat"),
            ("imports.rowerror", "rule"),
            (ALARMS, "notifications_active"),
            ("imports.notification", "mail"),
            ("imports.digest", "today"),
            ("imports.webhookdelivery", "webhook"),
            ("imports.action", "history"),
        ),
    ),
    (
        CATALOG,
        (
            ("catalog.product", "inventory_2"),
            ("catalog.category", "category"),
            (WANTED, "playlist_add"),
        ),
    ),
    (
        _("Warehouse"),
        (
            ("warehouse.customer", "badge"),
            ("warehouse.metric", "monitoring"),
        ),
    ),
    (
        _("Users and access"),
        (
            ("vendors.vendor", "storefront"),
            ("auth.user", "person"),
            ("imports.invitation", "person_add"),
            ("imports.vendornotice", "campaign"),
            ("auth.group", "group"),
            ("vendors.apitoken", "key"),
            ("imports.webhookendpoint", "hub"),
            ("axes.accessattempt", "lock"),
            ("admin.logentry", "manage_history"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar as unfold declares it, with what is open."""
    user = request.user
    groups: list[dict[str, Any]] = [
        {"title": title, "items": [_list(*item) for item in items if _may_view(user, item[0])]}
        for title, items in GROUPS
    ]
    groups = [group for group in groups if group["items"]]
    if not groups:
        return []
    badges = {
        _list(model, "")["link"]: gettext("%(count)s open") % {"count": f"{count:,}"}
        for model, count_open in (
            (ALARMS, _open_alarms),
            (HELD, _held),
            (WANTED, open_names),
        )
        if _may_view(user, model) and (count := count_open())
    }
    for item in (item for group in groups for item in group["items"] if item["link"] in badges):
        item["badge"] = badges[item["link"]]
    if user.has_perms([VIEW_UPLOADS, ACT_ON_UPLOADS]):
        groups[0]["items"].insert(0, _item(gettext("Upload file"), "upload", new_upload_url()))
    if user.has_perms(ledger.NEEDS):
        find = _item(gettext("Find a SKU or ID"), "manage_search", reverse("admin:find"))
        catalog = next(group for group in groups if group["title"] == CATALOG)
        catalog["items"].insert(0, find)
    first = [
        _item(gettext("Dashboard"), "dashboard", reverse("admin:index")),
        _item(gettext("Runbook"), "help", reverse("admin:troubleshooting")),
    ]
    if user.has_perm(VIEW_UPLOADS):
        first.insert(1, _item(gettext("System"), "monitor_heart", reverse("admin:system")))
    return [{"items": first}, *groups]


def _may_view(user: Any, model: str) -> bool:
    app, _dot, name = SEEN_WITH.get(model, model).partition(".")
    return bool(user.has_perm(f"{app}.view_{name}"))


def _list(model: str, icon: str) -> dict[str, Any]:
    title = capfirst(apps.get_model(model)._meta.verbose_name_plural)
    return _item(str(title), icon, reverse(f"admin:{model.replace('.', '_')}_changelist"))


def _item(title: str, icon: str, link: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link, "permission": always}


def always(request: HttpRequest) -> bool:
    return True


def _held() -> int:
    return HeldUpload.objects.filter(IS_HELD).count()


def _open_alarms() -> int:
    return Alarm.objects.filter(closed_at__isnull=True).count()
