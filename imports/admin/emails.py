"""Every email we sent or tried to send."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.models import Notification


@admin.register(Notification)
class NotificationAdmin(LookOnlyAdmin):
    list_display = ("subject", "mail_state", "to", "about", "sent")
    list_filter = (("state", ChoicesCheckboxFilter), ("created_at", WholeDaysFilter))
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
                    ("to", "run"),
                    "subject",
                    ("created_at", "sent_at"),
                    ("attempts", "last_error"),
                )
            },
        ),
        (_("Content"), {"fields": ("shown", "text")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """Without the bodies, which only the page of one email needs."""
        mails: QuerySet[Notification] = super().get_queryset(request)
        return mails.defer("text_body", "html_body")

    @admin.display(description=_("state"), ordering="state")
    def mail_state(self, mail: Notification) -> str:
        return cells.mail_badge(mail)

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
