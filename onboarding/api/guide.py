"""The guide on the page of the API: commands that a person copies into one shell, in their order.

A test runs them exactly as printed.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import Words
from imports.webhooks import programs


@dataclass(frozen=True)
class Example:
    """A command for a shell in which $PORTAL is the portal's address and $TOKEN a token; what it
    `prints`, where that is always the same."""

    key: str
    title: Words
    about: Words
    command: str
    prints: str = ""


AUTH = '-H "Authorization: Bearer $TOKEN"'
JSON = '-H "Content-Type: application/json"'
CORRECTIONS = '"$PORTAL/api/v1/uploads/$UPLOAD/corrections"'
EXAMPLES = (
    Example(
        "me",
        _("Try your token"),
        _(
            "The answer names your company and the scopes of the token. The guide needs "
            "uploads:read, uploads:write and products:read."
        ),
        f'curl -sS {AUTH} "$PORTAL/api/v1/me"',
    ),
    Example(
        "sample",
        _("Write a sample file"),
        _(
            "Five products, two with a mistake: a price below zero, a mistyped category. IDs and "
            "SKUs can be used once: if a colleague has used these, replace FIRST."
        ),
        """cat > first.csv <<'END'
Vendor Product ID,Product Name,Category,SKU,Price,Stock Quantity
FIRST-1,Watering can 10 l,Garden & Outdoor,FIRST-CAN,24.90,40
FIRST-2,Bird house,Garden & Outdoor,FIRST-BIRD,-10.00,12
FIRST-3,Hand trowel,Garden & Outdor,FIRST-TROWEL,9.50,80
FIRST-4,Espresso cup,Home & Kitchen,FIRST-CUP,4.50,300
FIRST-5,Desk lamp,Home & Kitchen,FIRST-LAMP,39.00,25
END""",
    ),
    Example(
        "send",
        _("Send it"),
        _(
            "CSV or Excel. The answer comes before the file is read. Its upload_id is put into "
            "UPLOAD. The Idempotency-Key is any text of your own: if the answer gets lost, repeat "
            "the command with the same key, and the file is imported once. To send another "
            "file, or to try all of this again, use another key."
        ),
        f'curl -sS {AUTH} -H "Idempotency-Key: first-1" \\\n'
        '  -F file=@first.csv "$PORTAL/api/v1/uploads" | tee first.json\n'
        "UPLOAD=$(grep -o 'UPLOAD_[0-9A-F_]*' first.json | head -n 1)",
    ),
    Example(
        "wait",
        _("Wait until it has ended"),
        _(
            "Usually a few seconds. The first line makes a command that asks whether an upload has "
            "ended; the second one repeats it every second. Ctrl-C stops it."
        ),
        f'ended() {{ curl -sS {AUTH} "$PORTAL/api/v1/uploads/$1" | grep -o \'"ended": true\'; }}\n'
        'until ended "$UPLOAD"; do sleep 1; done',
    ),
    Example(
        "result",
        _("Read the result"),
        _(
            "The status is “partial”: 3 valid_records were imported, and 2 error_records were "
            "rejected. If the status is “held”, a person must release the upload first."
        ),
        f'curl -sS {AUTH} "$PORTAL/api/v1/uploads/$UPLOAD"',
    ),
    Example(
        "errors",
        _("Read the errors"),
        _(
            "Each has its row, column, value, code, message and remedy. The header is row 1. If "
            "there are more, add the answer’s next_cursor to the address, as cursor=…"
        ),
        f'curl -sS {AUTH} "$PORTAL/api/v1/uploads/$UPLOAD/errors?limit=100"',
    ),
    Example(
        "value",
        _("Correct a value"),
        _(
            "In all rejected rows that have it. “column” and “value” are those of the error. The "
            "rows that are then right are sent as an upload of their own: the answer has it, how "
            "many rows were sent and how many are left."
        ),
        f"curl -sS {AUTH} {JSON} \\\n"
        '  --data \'{"values": [{"column": "category", "value": "Garden & Outdor", '
        '"to": "Garden & Outdoor"}]}\' \\\n'
        f"  {CORRECTIONS} | tee by-value.json",
    ),
    Example(
        "cell",
        _("Correct a cell"),
        _("In one row. “row” and “column” are those of the error. A request can have both kinds."),
        f"curl -sS {AUTH} {JSON} \\\n"
        '  --data \'{"cells": [{"row": 3, "column": "price", "to": "10.00"}]}\' \\\n'
        f"  {CORRECTIONS} | tee by-cell.json",
    ),
    Example(
        "corrected",
        _("Wait for the corrections"),
        _("Each is an upload of its own. SENT has their IDs and that of the upload they correct."),
        "SENT=$(grep -oh 'UPLOAD_[0-9A-F_]*' by-value.json by-cell.json | sort -u)\n"
        'for ID in $SENT; do until ended "$ID"; do sleep 1; done; done',
    ),
    Example(
        "products",
        _("List your products"),
        _(
            "Those that were added or changed today, the five of the sample among them. The next "
            "time, use the answer’s as_of as updated_since, so that you get only what has changed "
            "in between."
        ),
        f"curl -sS {AUTH} \\\n"
        '  "$PORTAL/api/v1/products?updated_since=$(date -u +%Y-%m-%dT00:00:00Z)"',
    ),
    Example(
        "rows",
        _("Send rows as JSON"),
        _(
            "Up to 1,000, by the names or keys of columns. They become a CSV file, so the first "
            "one is row 2. With only_check, nothing is imported: its result and its changes say "
            "what an import would do."
        ),
        f"curl -sS {AUTH} {JSON} \\\n"
        '  --data \'{"rows": [{"vendor_product_id": "FIRST-1", "price": "22.50"}]}\' \\\n'
        '  "$PORTAL/api/v1/uploads?mode=update&only_check=true"',
    ),
    Example(
        "undo",
        _("Undo what you tried"),
        _(
            "The products of the sample are removed again. Try with products of your own from here "
            "on: what you send is in your catalog."
        ),
        f'for ID in $SENT; do\n  curl -sS -X POST {AUTH} "$PORTAL/api/v1/uploads/$ID/undo"\ndone',
    ),
    Example(
        "verify",
        _("Verify a webhook’s message"),
        _(
            "With a webhook, we call a program of yours when an upload has ended. It must verify "
            "that the message is ours. Try that with this secret and message."
        ),
        programs.TRIED_IN_SHELL.rstrip(),
        prints=programs.SIGNATURE,
    ),
)
