"""Staff's pages about webhooks."""

from django.contrib.auth.models import Permission, User
from django.test import Client

from imports.models import WebhookDelivery, WebhookEndpoint
from imports.webhooks import events, signing
from tests.admin.conftest import World, list_of, page_of


def switch_off(client: Client, webhook: WebhookEndpoint) -> None:
    asked = {"action": "switch_off_selected", "_selected_action": [str(webhook.pk)]}
    client.post(list_of(webhook), asked)
    webhook.refresh_from_db()


def test_staff_with_the_right_switch_a_webhook_off_and_it_is_recorded(
    client: Client, world: World, staff: User, admin: User
) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_webhookendpoint"))
    client.force_login(staff)
    assert "Switch off selected" not in client.get(list_of(world.webhook)).content.decode()
    switch_off(client, world.webhook)
    assert world.webhook.is_on
    as_admin = Client()
    as_admin.force_login(admin)
    assert "Switch off selected" in as_admin.get(list_of(world.webhook)).content.decode()
    for _ in range(2):
        switch_off(as_admin, world.webhook)
        assert world.webhook.off == "by_person"
    history = as_admin.get(page_of(world.webhook, "history")).content.decode()
    assert history.count("Switched off") == 1


def test_the_pages_show_what_was_sent_and_no_secret(as_admin: Client, world: World) -> None:
    upload = world.upload
    upload.file_name = "<script>alert(1)</script>"
    delivery = events.delivery_of(
        world.webhook, "upload.finished", "1", events.outcome(upload), upload
    )
    delivery.save()
    pages = [as_admin.get(page_of(row)) for row in (world.webhook, delivery)]
    pages += [as_admin.get(list_of(model)) for model in (WebhookEndpoint, WebhookDelivery)]
    for page in pages:
        text = page.content.decode()
        assert world.webhook.url in text
        assert world.webhook.seed not in text
        assert signing.secret_of(world.webhook.seed) not in text
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in pages[1].content.decode()


def test_they_are_found_by_vendor_state_and_upload(as_admin: Client, world: World) -> None:
    def found(model: type, query: str) -> list[int]:
        answer = as_admin.get(f"{list_of(model)}?{query}")
        assert answer.status_code == 200, query
        return [row.pk for row in answer.context["cl"].result_list]

    vendor = world.vendor.pk
    assert found(WebhookEndpoint, f"vendor__pk__exact={vendor}") == [world.webhook.pk]
    assert found(WebhookEndpoint, "vendor__pk__exact=VEND999") == []
    assert found(WebhookEndpoint, "off__exact=gone") == []
    assert found(WebhookDelivery, f"endpoint__vendor__pk__exact={vendor}") == [world.delivery.pk]
    assert found(WebhookDelivery, "endpoint__vendor__pk__exact=VEND999") == []
    assert found(WebhookDelivery, "state__exact=pending") == [world.delivery.pk]
    assert found(WebhookDelivery, "state__exact=failed") == []
    upload_page = as_admin.get(page_of(world.upload)).content.decode()
    assert f"/admin/imports/webhookdelivery/?q={world.upload.pk}" in upload_page
    assert found(WebhookDelivery, f"q={world.upload.pk}") == []
