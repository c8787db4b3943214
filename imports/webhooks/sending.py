"""Sending the webhooks that are due."""


def send_due() -> None:
    """Send what is due, for the time of a slice."""
