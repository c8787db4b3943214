"""Emails to people that concern no upload: invitations, that a vendor was deactivated,
that second factors were changed."""
