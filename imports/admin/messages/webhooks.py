"""The webhooks of vendors and what was sent to them. Vendors change them; staff can switch one off,
for example if its host is not the vendor's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesCheckboxFilter

from config.admin_base import LookOnlyAdmin, WholeDaysFilter
from imports.admin import cells
from imports.models import WebhookDelivery, WebhookEndpoint
from imports.webhooks import endpoints


@admin.register(WebhookEndpoint)
class WebhookAdmin(LookOnlyAdmin):
    """Without its seeds, of which secrets are made."""

    list_display = ("url", "vendor", "is_on", "failing_since", "created_by", "created_at")
    list_filter = (
        ("vendor", AutocompleteSelectFilter),
        ("off", ChoicesCheckboxFilter),
        ("failing_since", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("vendor", "created_by")
    search_fields = ("url", "vendor__vendor_id")
    search_help_text = _("Address or vendor ID")
    fields = (
        *("url", "vendor", "events", "created_by", "created_at"),
        *("failing_since", "off", "off_at"),
    )
    actions = ("switch_off_selected",)

    @admin.display(description=_("on"), boolean=True)
    def is_on(self, endpoint: WebhookEndpoint) -> bool:
        return endpoint.is_on

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("imports.change_webhookendpoint"))

    @admin.action(description=_("Switch off selected webhooks"), permissions=["switch"])
    def switch_off_selected(
        self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]
    ) -> None:
        on = list(queryset.filter(off=""))
        for endpoint in on:
            endpoints.switch_off(endpoint, WebhookEndpoint.Off.BY_PERSON)
            self.log_change(request, endpoint, gettext("Switched off"))
        text = ngettext(
            "%(count)s webhook switched off.", "%(count)s webhooks switched off.", len(on)
        )
        self.message_user(request, text % {"count": len(on)})


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(LookOnlyAdmin):
    list_display = ("message_id", "type", "address", "about", "state", "status", "created_at")
    list_filter = (
        ("endpoint__vendor", AutocompleteSelectFilter),
        ("state", ChoicesCheckboxFilter),
        ("created_at", WholeDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("endpoint__vendor",)
    search_fields = ("message_id", "upload__upload_id", "endpoint__url")
    search_help_text = _("Message ID, upload ID or address")
    fields = (
        *("message_id", "type", "address", "about", "state", "status", "seconds", "attempts"),
        *("last_error", "created_at", "next_attempt_at", "delivered_at", "text"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        """Without the bodies, which only the page of one delivery needs."""
        deliveries: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return deliveries.defer("body")

    @admin.display(description=_("webhook"), ordering="endpoint__url")
    def address(self, delivery: WebhookDelivery) -> str:
        return cells.two_lines(delivery.endpoint.url, str(delivery.endpoint.vendor))

    @admin.display(description=_("upload"), ordering="upload_id")
    def about(self, delivery: WebhookDelivery) -> str:
        if delivery.upload_id is None:
            return "–"
        return cells.link(cells.upload_address(delivery.upload_id), delivery.upload_id)

    @admin.display(description=_("message"))
    def text(self, delivery: Any) -> str:
        return format_html('<pre class="ob-mail-text">{}</pre>', delivery.body)
