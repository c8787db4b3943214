"""Staff's list of what people did to uploads."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.models import Action


@admin.register(Action)
class ActionAdmin(LookOnlyAdmin):
    """Vendors' people and staff alike: uploaded, retried, cancelled, by whom and when."""

    list_display = ("at", "kind", "by", "about", "run")
    list_display_links = None
    list_filter = (("kind", ChoicesCheckboxFilter), ("at", WholeDaysFilter))
    list_filter_submit = True
    list_select_related = ("by",)
    ordering = ("-at", "-id")
    search_fields = ("upload__upload_id", "by__username")
    search_help_text = "Upload ID or user name"
    fields = ("at", "kind", "by", "about", "run")

    @admin.display(description="upload", ordering="upload_id")
    def about(self, action: Action) -> str:
        return cells.link(cells.upload_address(action.upload_id), action.upload_id)
