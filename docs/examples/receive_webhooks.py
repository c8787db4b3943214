"""Receives webhooks: verifies each, answers at once, and prints what it hears once.

    SECRET=whsec_… python3 receive_webhooks.py [port]

Needs Python 3.11 and `pip install standardwebhooks`. It speaks HTTP on this machine only: put it
behind a proxy that has your certificate. Where the IDs are stored that were heard before, a real
program uses its database, and stores them in the transaction of its work.
"""

import json
import os
import queue
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

MOST_BYTES = 100_000  # messages have less than 2 kB

to_do: "queue.Queue[dict[str, Any]]" = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 before the work is done: only a few seconds are waited for an answer."""

    secret = ""

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length):
            self.answer(411)
            return
        size = int(length)
        if size > MOST_BYTES:
            self.answer(413)
            return
        body = self.rfile.read(size)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError):  # ValueError: a header that is no signature
            self.answer(400)
            return
        to_do.put({"id": headers["webhook-id"], **json.loads(body)})
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def work() -> None:
    """What comes twice has the same ID. What is unknown is skipped: there may be new events."""
    heard = set()
    while True:
        message = to_do.get()
        if message["id"] in heard:
            continue
        heard.add(message["id"])
        data = message["data"]
        match message["type"]:
            case "upload.finished" | "upload.undone":
                counts = f"valid {data['valid_records']}, rejected {data['error_records']}"
                print(f"{data['upload_id']} is {data['status']}: {counts}", flush=True)
            case "upload.refused":
                print(f"{data['upload_id']} was rejected: {data['failure_code']}", flush=True)
            case "ping":
                print("a ping", flush=True)


def main() -> None:
    Receiver.secret = os.environ["SECRET"]
    threading.Thread(target=work, daemon=True).start()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
