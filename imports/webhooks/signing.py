"""Signatures as Standard Webhooks says: who has the secret knows that a message comes from us.

A secret is made of a stored seed and SECRET_KEY. So neither a copy of the database nor the key
alone can sign.
"""

import base64
import hmac
import secrets
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from imports.models import WebhookEndpoint

PREFIX = "whsec_"
BOTH_SIGN_FOR = timedelta(hours=24)  # after a secret was replaced


def new_seed() -> str:
    return secrets.token_hex(32)


def secret_of(seed: str) -> str:
    """What a vendor's program verifies with: "whsec_" and 32 bytes in base64."""
    return PREFIX + base64.b64encode(_key(seed)).decode()


def headers(
    endpoint: WebhookEndpoint, message_id: str, body: bytes, *, at: datetime
) -> dict[str, str]:
    """The headers of a message that is sent now. While a secret is being replaced, both sign."""
    seeds = [endpoint.seed]
    if endpoint.earlier_until is not None and endpoint.earlier_until > at:
        seeds.append(endpoint.earlier_seed)
    sent_at = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), sent_at.encode(), body])
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": " ".join(f"v1,{_signature(seed, signed)}" for seed in seeds),
    }


def _signature(seed: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(seed), signed, "sha256")).decode()


def _key(seed: str) -> bytes:
    return salted_hmac("imports.webhooks", seed, algorithm="sha256").digest()
