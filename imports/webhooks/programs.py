"""Programs that verify a message, for pages and documents. A test runs them."""

WITH_LIBRARY = """\
from standardwebhooks import Webhook


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict:
    \"\"\"What the message says. Raises WebhookVerificationError.\"\"\"
    return Webhook(secret).verify(body, headers)
"""
IN_PYTHON = """\
import base64
import hmac
import time


def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    sent_at = headers["webhook-timestamp"]
    signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = headers["webhook-signature"].split()
    is_recent = abs(time.time() - int(sent_at)) < 300
    return is_recent and any(hmac.compare_digest(expected, each) for each in given)
"""
IN_SHELL = """\
KEY=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')
{ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64
"""
