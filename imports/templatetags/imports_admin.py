"""Filters for the templates of admin pages."""

from django import template
from django.contrib.admin.utils import quote

from imports.admin.cells import status_badge

register = template.Library()
register.filter("admin_urlquote", quote)
register.filter("status_badge", status_badge)
