"""Emails to people that concern no single upload: invitations, that a vendor was deactivated,
that second factors were changed, and daily digests."""
