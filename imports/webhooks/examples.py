"""A message of each event, made as those that are sent: for pages and documents."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.models import Category
from imports.models import CategoryRequest, Upload, WebhookDelivery, WebhookEndpoint
from imports.webhooks import events
from vendors.models import ApiToken

Event = WebhookEndpoint.Event
VENDOR = "VEND001"
AT = datetime(2024, 12, 21, 10, 30, 45, tzinfo=UTC)
ENDED = AT + timedelta(seconds=1)
UPLOAD: dict[str, Any] = {
    "upload_id": "UPLOAD_20241221_103045_7F3A2C",
    "vendor_id": VENDOR,
    "dataset": "products",
    "mode": Upload.Mode.CREATE,
    "file_name": "spring.csv",
    "upload_timestamp": AT,
}
COUNTS: dict[str, Any] = {
    "total_records": 22,
    "valid_records": 16,
    "error_records": 6,
    "created_records": 16,
}


def messages() -> Mapping[str, dict[str, Any]]:
    """The body of a message, by the event's key, and that of a ping."""
    ended = Upload(**UPLOAD, **COUNTS, status=Upload.Status.PARTIAL, completed_at=ENDED)
    refused = Upload(
        **UPLOAD,
        status=Upload.Status.FAILED,
        failure_code="MISSING_COLUMNS",
        completed_at=ENDED,
    )
    held = Upload(
        **UPLOAD | {"upload_id": "UPLOAD_20241221_103210_51C2E8", "mode": Upload.Mode.UPDATE},
        status=Upload.Status.HELD,
        held_reason=[{"code": "PRICE_JUMP"}, {"code": "DECIMAL_SHIFT"}],
        total_records=22,
        valid_records=22,
        updated_records=22,
        completed_at=ENDED,
    )
    undo = Upload(
        **UPLOAD | {"upload_id": "UPLOAD_20241221_104512_0B9D41", "mode": Upload.Mode.UNDO},
        undoes_id=UPLOAD["upload_id"],
        status=Upload.Status.COMPLETED,
        total_records=16,
        valid_records=16,
        removed_records=16,
        completed_at=ENDED,
    )
    request = CategoryRequest(
        vendor_id=VENDOR,
        upload_id=UPLOAD["upload_id"],
        name="Mice",
        category=Category(name="Computer Mice"),
    )
    token = ApiToken(
        vendor_id=VENDOR, name="Nightly export", start="vop_7Kq2", expires_at=AT + timedelta(14)
    )
    data = {
        Event.RECEIVED: events.about(ended),
        Event.FINISHED: events.outcome(ended),
        Event.REFUSED: events.outcome(refused),
        Event.HELD: events.outcome(held),
        Event.UNDONE: events.outcome(undo),
        Event.APPROVED: events.approval(request),
        Event.EXPIRING: events.expiry(token),
        WebhookDelivery.PING: events.greeting(WebhookEndpoint(vendor_id=VENDOR)),
    }
    return {str(key): events.message(str(key), each, at=ENDED) for key, each in data.items()}
