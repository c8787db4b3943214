"""Emails to people that concern no upload: invitations, and notices to vendors."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.models import Invitation, VendorNotice
from imports.people import invitations


@admin.register(Invitation)
class InvitationAdmin(LookOnlyAdmin):
    list_display = ("to", "vendor", "role", "what_became", "state", "invited_by", "created_at")
    list_filter = (
        ("vendor", AutocompleteSelectFilter),
        ("state", ChoicesCheckboxFilter),
        ("created_at", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("vendor", "invited_by")
    search_fields = ("to", "vendor__vendor_id")
    search_help_text = _("Address or vendor ID")
    fields = (
        *("to", "vendor", "role", "what_became", "invited_by", "created_at", "expires_at"),
        *("accepted_at", "accepted_by", "revoked_at"),
        *("state", "attempts", "last_error", "next_attempt_at", "sent_at", "message_id"),
    )
    actions = ("send_again_selected", "revoke_selected")

    @admin.display(description=_("what became of it"))
    def what_became(self, invitation: Invitation) -> str:
        return str(invitation.outcome.label)

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("vendors.change_vendor"))

    @admin.action(description=_("Send selected invitations again"), permissions=["invite"])
    def send_again_selected(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        sent = 0
        for each in queryset.filter(accepted_at=None, revoked_at=None):
            try:
                again = invitations.invite_again(each, by=cast("User", request.user))
            except invitations.CannotInvite as error:
                self.message_user(request, f"{each.to}: {error}", messages.ERROR)
                continue
            self.log_change(request, again, gettext("Sent again"))
            sent += 1
        text = ngettext(
            "%(count)s invitation is being sent again.",
            "%(count)s invitations are being sent again.",
            sent,
        )
        self.message_user(request, text % {"count": sent})

    @admin.action(description=_("Revoke selected invitations"), permissions=["invite"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoked = [each for each in queryset if invitations.revoke(each)]
        for each in revoked:
            self.log_change(request, each, gettext("Revoked"))
        text = ngettext(
            "%(count)s invitation revoked.", "%(count)s invitations revoked.", len(revoked)
        )
        self.message_user(request, text % {"count": len(revoked)})


@admin.register(VendorNotice)
class VendorNoticeAdmin(LookOnlyAdmin):
    list_display = ("to", "vendor", "kind", "state", "sent_at", "created_at")
    list_filter = (
        ("vendor", AutocompleteSelectFilter),
        ("state", ChoicesCheckboxFilter),
        ("created_at", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("vendor",)
    search_fields = ("to", "vendor__vendor_id")
    search_help_text = _("Address or vendor ID")
    fields = (
        *("to", "vendor", "kind", "created_at"),
        *("state", "attempts", "last_error", "next_attempt_at", "sent_at", "message_id"),
    )
