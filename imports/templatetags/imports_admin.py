"""Filters for the templates of admin pages."""

from django import template
from django.contrib.admin.utils import quote

register = template.Library()
register.filter("admin_urlquote", quote)
