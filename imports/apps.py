from importlib import import_module

from django.apps import AppConfig

ADMIN_PAGES = (
    "catalog.categories",
    "catalog.products",
    "catalog.wanted",
    "dashboard.alarms",
    "messages.digests",
    "messages.emails",
    "messages.people",
    "messages.webhooks",
    "uploads.errors",
    "uploads.held",
    "uploads.history",
    "uploads.schedules",
    "uploads.uploads",
    "vendors.users",
    "vendors.vendors",
)


class ImportsConfig(AppConfig):
    name = "imports"

    def ready(self) -> None:
        """Register the admin pages and the system checks.

        `imports/admin/__init__.py` must not do so: Django loads the admin site from that package,
        and a page registered during that import would create a second site.
        """
        for page in ADMIN_PAGES:
            import_module(f"imports.admin.{page}")
        import_module("imports.notifications.checks")
