"""The emails sent through the emulator's SES."""

import json
import os
import urllib.request
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    subject: str
    to: list[str]
    text: str
    html: str


def messages_about(upload_id: str, endpoint: str = "") -> list[Message]:
    """All messages whose text contains this ID, oldest first."""
    url = f"{endpoint or os.environ['AWS_ENDPOINT_URL']}/_ministack/ses/messages"
    with urllib.request.urlopen(url, timeout=100) as answer:
        by_account = json.load(answer)["messages"]
    return [
        Message(sent["Subject"], sent["To"], sent["BodyText"], sent["BodyHtml"] or "")
        for messages in by_account.values()
        for sent in messages
        if upload_id in (sent["BodyText"] or "")
    ]
