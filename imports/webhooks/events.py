"""What is said, and to whom: a delivery to each address of the vendor that has chosen the event.

Deliveries are made in the transaction in which it happened. sending.py sends them.
"""

import json
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from imports.execution.hints import send_webhook_hint
from imports.holds.reasons import codes_of
from imports.models import CategoryRequest, Upload, WebhookDelivery, WebhookEndpoint
from imports.notifications import addresses
from imports.reports.times import rfc_3339
from vendors.models import ApiToken

Event = WebhookEndpoint.Event
# Locked against being deleted before the deliveries are stored, and against nothing else.
LISTENING = """
    SELECT * FROM webhook_endpoints WHERE vendor_id = %s AND off = '' AND %s = ANY(events)
    ORDER BY id FOR KEY SHARE
"""


def file_arrived(upload: Upload) -> None:
    """Once, however often the event of S3 comes."""
    say(Event.RECEIVED, upload.upload_id, about(upload), vendor_id=upload.vendor_id, upload=upload)


def run_ended(upload: Upload) -> None:
    """Once for each run of the upload."""
    say(
        event_of(upload),
        f"{upload.upload_id} {upload.run}",
        outcome(upload),
        vendor_id=upload.vendor_id,
        upload=upload,
    )


def event_of(upload: Upload) -> Event:
    if upload.is_refused:
        return Event.REFUSED
    if upload.is_held:
        return Event.HELD
    has_undone = upload.undoes_id and upload.status in {"completed", "partial"}
    return Event.UNDONE if has_undone else Event.FINISHED


def category_approved(request: CategoryRequest) -> None:
    """Also if the name is read as another approved category."""
    say(Event.APPROVED, str(request.pk), approval(request), vendor_id=request.vendor_id)


def token_expires(token: ApiToken) -> None:
    say(Event.EXPIRING, str(token.pk), expiry(token), vendor_id=token.vendor_id)


def ping(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message without an event, to try the address. Returns its delivery."""
    data = greeting(endpoint)
    delivery = delivery_of(endpoint, WebhookDelivery.PING, secrets.token_hex(8), data)
    delivery.save()
    transaction.on_commit(send_webhook_hint, robust=True)
    return delivery


def say(
    event: Event,
    subject: str,
    data: dict[str, Any],
    *,
    vendor_id: str | None,
    upload: Upload | None = None,
) -> None:
    """Make the deliveries, due at once. Those of an earlier call for this subject stay."""
    listening = WebhookEndpoint.objects.raw(LISTENING, [vendor_id, event.value])
    made = [delivery_of(each, event.value, subject, data, upload) for each in listening]
    if made:
        WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True)
        transaction.on_commit(send_webhook_hint, robust=True)


def delivery_of(
    endpoint: WebhookEndpoint,
    name: str,
    subject: str,
    data: dict[str, Any],
    upload: Upload | None = None,
) -> WebhookDelivery:
    """A delivery that is not stored yet."""
    body = message(name, data, at=now())
    delivery = WebhookDelivery(
        endpoint=endpoint,
        message_id=f"msg_{secrets.token_urlsafe(18)}",
        type=name,
        subject=subject,
        upload=upload,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    )
    delivery.queue()
    return delivery


def message(name: str, data: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """What is sent of an event that happened then."""
    return {"type": name, "timestamp": rfc_3339(at), "data": data}


def greeting(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"vendor_id": endpoint.vendor_id}


def approval(request: CategoryRequest) -> dict[str, Any]:
    return {
        "vendor_id": request.vendor_id,
        "name": request.name,
        "category": request.category and request.category.name,
        "upload_id": request.upload_id,
    }


def expiry(token: ApiToken) -> dict[str, Any]:
    return {
        "vendor_id": token.vendor_id,
        "name": token.name,
        "start": token.start,
        "expires_at": rfc_3339(token.expires_at),
        "tokens_url": addresses.tokens_url(),
    }


def about(upload: Upload) -> dict[str, Any]:
    """Which upload it is, and where more can be read."""
    return {
        "upload_id": upload.upload_id,
        "vendor_id": upload.vendor_id,
        "dataset": upload.dataset,
        "mode": upload.base_mode,
        "only_check": upload.is_only_check,
        "undoes": upload.undoes_id,
        "corrects": upload.corrects_id,
        "file_name": upload.file_name,
        "received_at": rfc_3339(upload.upload_timestamp),
        "upload_url": addresses.upload_url(upload.upload_id),
        "api_url": addresses.api_upload_url(upload.upload_id),
    }


def outcome(upload: Upload) -> dict[str, Any]:
    """How the upload's run has ended. Errors and messages are read at `api_url`."""
    return {
        **about(upload),
        "run": upload.run,
        "status": upload.status,
        "held_for": codes_of(upload) if upload.is_held else [],
        "failure_code": upload.failure_code or None,
        "total_records": upload.total_records,
        "valid_records": upload.valid_records,
        "error_records": upload.error_records,
        "skipped_records": upload.skipped_records,
        "created_records": upload.created_records,
        "updated_records": upload.updated_records,
        "unchanged_records": upload.unchanged_records,
        "deactivated_records": upload.deactivated_records,
        "removed_records": upload.removed_records,
        "warned_records": upload.warned_records,
        "ended_at": rfc_3339(upload.completed_at),
    }
