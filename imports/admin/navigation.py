"""What the admin's side bar offers, to those who may see it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from imports.models import Alarm
from imports.notifications.addresses import new_upload_url

Item = tuple[str, str, str, str]  # title, symbol, app and model, right

SEND = new_upload_url()  # for vendors, and what no vendor uploads

GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Imports",
        (
            ("Uploads", "upload_file", "imports_upload", "imports.view_upload"),
            ("Schedules", "event_repeat", "imports_schedule", "imports.view_schedule"),
            ("Validation errors", "rule", "imports_rowerror", "imports.view_rowerror"),
            ("Alarms", "notifications_active", "imports_alarm", "imports.view_alarm"),
            ("E-mails", "mail", "imports_notification", "imports.view_notification"),
            ("What people did", "history", "imports_action", "imports.view_action"),
        ),
    ),
    (
        "Catalog",
        (
            ("Products", "inventory_2", "catalog_product", "catalog.view_product"),
            ("Categories", "category", "catalog_category", "catalog.view_category"),
        ),
    ),
    (
        "Warehouse",
        (
            ("Customers", "badge", "warehouse_customer", "warehouse.view_customer"),
            ("Metrics", "monitoring", "warehouse_metric", "warehouse.view_metric"),
        ),
    ),
    (
        "People",
        (
            ("Vendors", "storefront", "vendors_vendor", "vendors.view_vendor"),
            ("Users", "person", "auth_user", "auth.view_user"),
            ("Groups", "group", "auth_group", "auth.view_group"),
            ("Failed logins", "lock", "axes_accessattempt", "axes.view_accessattempt"),
            ("What staff changed", "manage_history", "admin_logentry", "admin.view_logentry"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's declaration of the side bar; open alarms stand beside their name."""
    may = request.user.has_perm
    groups: list[dict[str, Any]] = [
        {"title": title, "items": [_item(*item) for item in items if may(item[3])]}
        for title, items in GROUPS
    ]
    groups = [group for group in groups if group["items"]]
    if not groups:
        return []
    if may("imports.view_alarm") and (count := _open_alarms()):
        alarms = next(i for i in groups[0]["items"] if i["title"] == "Alarms")
        alarms["badge"] = f"{count} open"
    if may("imports.view_upload") and may("imports.act_on_upload"):
        send = {"title": "Upload a file", "icon": "upload", "link": SEND, "permission": always}
        groups[0]["items"].insert(0, send)
    home = {"title": "Dashboard", "icon": "dashboard", "link": reverse("admin:index")}
    answers = reverse("admin:troubleshooting")
    trouble = {"title": "When something goes wrong", "icon": "help", "link": answers}
    return [{"items": [{**each, "permission": always} for each in (home, trouble)]}, *groups]


def _item(title: str, symbol: str, model: str, right: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": symbol,
        "link": reverse(f"admin:{model}_changelist"),
        "permission": always,
    }


def always(request: HttpRequest) -> bool:
    return True


def _open_alarms() -> int:
    return Alarm.objects.filter(closed_at__isnull=True).count()
