"""Upload activity: who uploaded, retried and canceled what."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.models import Action


@admin.register(Action)
class ActionAdmin(LookOnlyAdmin):
    """Actions of vendors' users and of staff."""

    list_display = ("at", "kind", "by", "about", "run")
    list_display_links = None
    list_filter = (("kind", ChoicesCheckboxFilter), ("at", WholeDaysFilter))
    list_filter_submit = True
    list_select_related = ("by",)
    ordering = ("-at", "-id")
    search_fields = ("upload__upload_id", "by__username")
    search_help_text = _("Upload ID or username")
    fields = ("at", "kind", "by", "about", "run")

    @admin.display(description=_("upload"), ordering="upload_id")
    def about(self, action: Action) -> str:
        return cells.link(cells.upload_address(action.upload_id), action.upload_id)
