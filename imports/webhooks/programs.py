"""Programs that verify a message, for pages and documents. A test runs them."""

WITH_LIBRARY = """\
from standardwebhooks import Webhook, WebhookVerificationError


def verified(secret: str, headers: dict[str, str], body: bytes) -> dict | None:
    \"\"\"What the message says; None if it is not genuine.\"\"\"
    try:
        return Webhook(secret).verify(body, headers)
    except (WebhookVerificationError, ValueError):  # ValueError: a header that is no signature
        return None
"""
IN_PYTHON = """\
import base64
import hmac
import re
import time
from collections.abc import Mapping


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    sent = {name.lower(): value.encode(errors="replace") for name, value in headers.items()}
    sent_at = sent.get("webhook-timestamp", b"")
    if not re.fullmatch(rb"[0-9]{1,12}", sent_at) or abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([sent.get("webhook-id", b""), sent_at, body])
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    given = sent.get("webhook-signature", b"").split()
    return any(hmac.compare_digest(expected, each) for each in given)
"""
IN_SHELL = """\
KEY=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')
{ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64
"""
# A message for trying, and what `IN_SHELL` prints for it.
SECRET = "whsec_YW4tZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXMuLi4="  # noqa: S105
MESSAGE_ID, TIMESTAMP = "msg_7Kq2example", "1734777046"
BODY = '{"type":"ping","timestamp":"2024-12-21T10:30:46.000Z","data":{"vendor_id":"VEND001"}}'
SIGNATURE = "p3nkD9rJs1FTJU7JVpedViej2qRH8YJJo5rNYF/F75s="
TRIED_IN_SHELL = f"""\
SECRET="{SECRET}"
WEBHOOK_ID="{MESSAGE_ID}"
WEBHOOK_TIMESTAMP="{TIMESTAMP}"
printf %s '{BODY}' > body.json
{IN_SHELL}"""
