"""Every email we sent or tried to send, and sending one again."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports import actions
from imports.admin import cells
from imports.admin.row_pages import row_page
from imports.models import Notification
from imports.notifications.recipients import recipient_again


@admin.register(Notification)
class NotificationAdmin(LookOnlyAdmin):
    list_display = ("subject", "mail_state", "to", "reason", "about", "sent")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("bounce", ChoicesCheckboxFilter),
        ("reason", ChoicesCheckboxFilter),
        ("created_at", WholeDaysFilter),
    )
    list_select_related = ("upload",)
    actions = ("send_again_selected",)
    change_form_template = "imports/admin/email.html"
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("upload__upload_id", "to", "subject")
    search_help_text = _("Upload ID, address or subject")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("mail_state", "about"),
                    ("to", "reason", "run"),
                    "subject",
                    ("created_at", "sent_at", "next_attempt_at"),
                    ("attempts", "series", "message_id"),
                    "last_error",
                )
            },
        ),
        (_("Content"), {"fields": ("shown", "text")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """Without the bodies, which only the page of one email needs."""
        mails: QuerySet[Notification] = super().get_queryset(request)
        return mails.defer("text_body", "html_body")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.act_on_upload")

    @admin.display(description=_("state"), ordering="state")
    def mail_state(self, mail: Notification) -> str:
        return cells.two_lines(cells.mail_badge(mail), mail.get_bounce_display())

    @admin.display(description=_("upload"), ordering="upload_id")
    def about(self, mail: Notification) -> str:
        return cells.link(cells.upload_address(mail.upload_id), mail.upload_id)

    @admin.display(description=_("sent"), ordering="sent_at")
    def sent(self, mail: Notification) -> str:
        if mail.sent_at is None:
            return cells.two_lines(
                "–", gettext("created %(time)s") % {"time": cells.moment(mail.created_at)}
            )
        return cells.two_lines(cells.moment(mail.sent_at), "")

    @admin.display(description=_("plain text"))
    def text(self, mail: Notification) -> str:
        return format_html('<pre class="ob-mail-text">{}</pre>', mail.text_body)

    @admin.display(description="HTML")
    def shown(self, mail: Notification) -> str:
        """In a sandboxed frame: no scripts, no forms, no navigation."""
        return format_html(
            '<iframe class="ob-mail" sandbox="" title="{}" srcdoc="{}"></iframe>',
            gettext("The email as it was sent"),
            mail.html_body,
        )

    # --- sending again -----------------------------------------------------------------------

    @admin.action(description=_("Send selected emails again"), permissions=["act"])
    def send_again_selected(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        ids = queryset.order_by("created_at", "pk").values_list("pk", flat=True)
        sent = sum(self._send_again(request, mail_id) for mail_id in list(ids))
        if sent:
            text = ngettext(
                "%(count)s email is being sent again.",
                "%(count)s emails are being sent again.",
                sent,
            )
            self.message_user(request, text % {"count": f"{sent:,}"}, messages.SUCCESS)

    def _send_again(self, request: HttpRequest, mail_id: int) -> bool:
        """Queue it and log it, both or neither; say why if it is not possible."""
        try:
            with transaction.atomic():
                mail = actions.send_mail_again(mail_id, by=cast("User", request.user))
                self.log_change(request, mail, f"Sent again to {mail.to}.")
        except actions.NotPossible as reason:
            about = Notification.objects.get(pk=mail_id).upload_id
            self.message_user(request, f"{about}: {reason}", messages.ERROR)
            return False
        return True

    def get_urls(self) -> list[URLPattern]:
        again = row_page(self, "send-again", require_POST(self.send_again_view))
        return [again, *super().get_urls()]

    def send_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not (self.has_view_permission(request) and self.has_act_permission(request)):
            raise PermissionDenied
        mail = self.get_object(request, unquote(object_id))
        if mail is None:
            raise Http404
        if self._send_again(request, mail.pk):
            text = gettext("The email is being sent again.")
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(
            reverse("admin:imports_notification_change", args=[quote(mail.pk)])
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        mail = self.get_object(request, unquote(object_id))
        may = mail is not None and mail.can_be_sent_again and self.has_act_permission(request)
        again = {"may_send_again": may, "goes_to": recipient_again(mail) if mail and may else ""}
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **again}
        )
        return answer
