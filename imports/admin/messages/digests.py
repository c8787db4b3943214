"""Daily digests: to whom, what became of them, and what they say."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.models import Digest
from imports.people.texts import text_of


@admin.register(Digest)
class DigestAdmin(LookOnlyAdmin):
    list_display = ("to", "day", "state", "sent_at", "created_at")
    list_filter = (("state", ChoicesCheckboxFilter), ("created_at", WholeDaysFilter))
    list_filter_submit = True
    list_select_related = ("user__person",)
    search_fields = ("to",)
    search_help_text = _("Address")
    fields = (
        *("to", "day", "created_at"),
        *("state", "attempts", "last_error", "next_attempt_at", "sent_at", "message_id", "shown"),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("imports.view_notification")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="HTML")
    def shown(self, digest: Digest) -> str:
        """As it would be written now, in a sandboxed frame: no scripts, no forms, no navigation."""
        if not digest.is_wanted:
            return gettext(
                "The person may no longer read any of these uploads, or wants no emails."
            )
        return format_html(
            '<iframe class="ob-mail" sandbox="" title="{}" srcdoc="{}"></iframe>',
            gettext("The email as it is written now"),
            text_of(digest).html,
        )
