"""Additional URLs below an object's page in the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpResponseBase
from django.urls import URLPattern, path


def row_page(
    rows: "ModelAdmin[Any]", name: str, view: Callable[..., HttpResponseBase]
) -> URLPattern:
    """`<id>/<name>/`, for users who may enter the admin; the view checks all other permissions.

    Reversed as `admin:<app>_<model>_<name>`, with underscores for hyphens.
    """
    label = f"{rows.opts.app_label}_{rows.opts.model_name}_{name.replace('-', '_')}"
    return path(f"<path:object_id>/{name}/", rows.admin_site.admin_view(view), name=label)
