"""Emails to people that concern no single upload: invitations, that a vendor was deactivated, and
daily digests."""
