"""The guide on the page of the API: commands that a person can copy. A test runs them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import Words


@dataclass(frozen=True)
class Example:
    """A command for a shell in which $PORTAL is the portal's address and $TOKEN a token."""

    key: str
    title: Words
    about: Words
    command: str


AUTH = '-H "Authorization: Bearer $TOKEN"'
EXAMPLES = (
    Example(
        "me",
        _("Try your token"),
        _("The answer names your company and what the token may do."),
        f'curl -sS {AUTH} "$PORTAL/api/v1/me"',
    ),
    Example(
        "send",
        _("Send a file"),
        _(
            "CSV or Excel. The key is any text of your own: if the answer gets lost, repeat the "
            "command with the same key, and the file is imported once."
        ),
        f'curl -sS {AUTH} -H "Idempotency-Key: products-1" \\\n'
        '  -F file=@products.csv "$PORTAL/api/v1/uploads"',
    ),
    Example(
        "rows",
        _("Or send rows as JSON"),
        _(
            "Up to 1,000, by the names or keys of columns; the first one is row 2. With "
            "“only_check”, you see what the import would do, and nothing is imported."
        ),
        f'curl -sS {AUTH} -H "Content-Type: application/json" \\\n'
        '  --data \'{"rows": [{"vendor_product_id": "VP-1001", "price": "17.50"}]}\' \\\n'
        '  "$PORTAL/api/v1/uploads?mode=update&only_check=true"',
    ),
    Example(
        "follow",
        _("Follow it"),
        _(
            "Put the upload_id of the answer into UPLOAD. Repeat the command every few seconds "
            "until “ended” is true. The import has ended then, and what it says does not change."
        ),
        f'curl -sS {AUTH} "$PORTAL/api/v1/uploads/$UPLOAD"',
    ),
    Example(
        "errors",
        _("Read what is wrong with rows"),
        _(
            "Each error has its row, column, code, message and what to do. If there are more, put "
            "“next_cursor” into the address as cursor=…"
        ),
        f'curl -sS {AUTH} "$PORTAL/api/v1/uploads/$UPLOAD/errors?limit=100"',
    ),
    Example(
        "correct",
        _("Correct rejected rows"),
        _(
            "By value, for all rows that have it, or cell by cell. The corrected rows are an "
            "upload of their own."
        ),
        f'curl -sS {AUTH} -H "Content-Type: application/json" \\\n'
        '  --data \'{"values": [{"column": "category", "value": "Mice", "to": "Audio"}]}\' \\\n'
        '  "$PORTAL/api/v1/uploads/$UPLOAD/corrections"',
    ),
    Example(
        "products",
        _("Read what changed in your catalog"),
        _("Use “as_of” of the answer as updated_since the next time."),
        f'curl -sS {AUTH} "$PORTAL/api/v1/products?updated_since=2026-01-01T00:00:00Z"',
    ),
)
