"""The addresses in emails and alarms are those of the pages."""

from django.conf import settings
from django.urls import reverse

from imports.notifications import addresses


def test_each_address_is_that_of_its_page() -> None:
    pages = {
        addresses.new_upload_url(): reverse("new_upload"),
        addresses.upload_url("UPLOAD_X"): reverse("upload", args=["UPLOAD_X"]),
        addresses.api_upload_url("UPLOAD_X"): reverse("ninja:api_get_upload", args=["UPLOAD_X"]),
        addresses.help_url("products", "X"): reverse("help", args=["products"]) + "#X",
        addresses.help_url("api", "X"): reverse("help_api") + "#X",
        addresses.tokens_url(): reverse("api_tokens"),
        addresses.security_url(): reverse("mfa_index"),
        addresses.webhooks_url(): reverse("webhooks"),
        addresses.webhook_url(7): reverse("webhook", args=[7]),
        addresses.report_url("a:b"): reverse("mailed_report", args=["a:b"]),
        addresses.alarm_url(7): reverse("admin:imports_alarm_change", args=[7]),
    }
    assert list(pages) == [settings.PORTAL_URL + path for path in pages.values()]
