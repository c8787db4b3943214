"""Emails to people that concern no upload: invitations, and that a vendor was deactivated."""
