"""From the end of an import to the moment at which a vendor's program hears of it."""

import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench import files, uploading
from bench.table import Line
from imports.models import Upload, WebhookEndpoint
from imports.webhooks import endpoints

VENDOR = "BENCH-HOOKS"
UPLOADS, ROWS = 60, 20
AIM = 2.0  # seconds
FINISHED = WebhookEndpoint.Event.FINISHED


def measure(_runs: int) -> list[Line]:
    vendor = uploading.vendor(VENDOR)
    body = files.product_file(ROWS, seed=51).csv()
    with program() as (url, heard), silent_host() as hanging:
        for each in (url, hanging):
            endpoints.create(vendor, url=each, chosen=[FINISHED], by=None)
        sent = [uploading.import_one(body, VENDOR).upload for _ in range(UPLOADS)]
        deadline = time.monotonic() + uploading.TIMEOUT_SECONDS
        while len(heard) < UPLOADS and time.monotonic() < deadline:
            time.sleep(uploading.POLL_INTERVAL_SECONDS)
    WebhookEndpoint.objects.filter(vendor=vendor).delete()
    found = Upload.objects.in_bulk([each.pk for each in sent])
    ends = {pk: each.completed_at for pk, each in found.items()}
    # What has not arrived is counted with the whole time.
    late = time.time()
    delays = [heard.get(pk, late) - end.timestamp() for pk, end in ends.items() if end is not None]
    p95 = statistics.quantiles(delays, n=20)[-1]
    return [
        Line(
            f"{UPLOADS} imports, from the end to the arrival of the webhook, 95th percentile",
            f"{p95:.2f} s (median {statistics.median(delays):.2f} s)",
            "beside a second host that never answers",
            "",
            f"< {AIM:.0f} s",
            p95 < AIM,
        )
    ]


@contextmanager
def program() -> Iterator[tuple[str, dict[str, float]]]:
    """A vendor's program: its address, and when it heard of each upload's end, in Unix time."""
    heard: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if said["type"] == FINISHED:
                heard.setdefault(said["data"]["upload_id"], time.time())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not into the table."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()


@contextmanager
def silent_host() -> Iterator[str]:
    """The address of a host that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
