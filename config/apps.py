"""The admin site as Django loads it."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "imports.admin.site.AdminSite"
