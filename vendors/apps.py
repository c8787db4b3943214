from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

# Other projects' apps whose pages are in the same group of the admin's menu.
ACCESS_APPS = ("admin", "auth", "axes")


class VendorsConfig(AppConfig):
    name = "vendors"
    verbose_name = _("Users and access")

    def ready(self) -> None:
        for label in ACCESS_APPS:
            apps.get_app_config(label).verbose_name = self.verbose_name
