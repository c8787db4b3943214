"""A vendor's program that hears of events: a small web server that answers as it is ordered to."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Orders = Callable[["Heard"], tuple[int, Mapping[str, str]]]


@dataclass(frozen=True)
class Heard:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """What it says. Raises WebhookVerificationError of an implementation that is not ours."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    """`orders` says what is answered to each request; usually 204."""

    url: str
    orders: Orders = lambda _: (204, {})
    heard: list[Heard] = field(default_factory=list)

    def answers(self, *statuses: int, **headers: str) -> None:
        """Answer with these statuses in turn, then with the last one again and again."""
        left = list(statuses)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.orders = lambda _: (left.pop(0) if len(left) > 1 else left[0], named)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender died while it sent: not a request
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.path, headers, body)
            receiver.heard.append(heard)
            status, more = receiver.orders(heard)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not into the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
