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
        f'curl -sS {AUTH} -H "Idempotency-Key: products-of-today" \\\n'
        '  -F "file=@products.csv" "$PORTAL/api/v1/uploads?mode=create"',
    ),
    Example(
        "follow",
        _("Follow it"),
        _("Repeat this every few seconds until “ended” is true. Put in your upload’s ID."),
        f'curl -sS {AUTH} "$PORTAL/api/v1/uploads/$UPLOAD"',
    ),
)
