"""AWS clients: what they share, and what they make of answers that are not of AWS."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.parsers import ResponseParserError

from config import aws


@pytest.mark.parametrize(
    "answer",
    [b'{"Messages": "not a list"}', b'{"Messages": [1]}', b"[]", b'"text"'],
)
def test_an_answer_not_of_aws_is_one_kind_of_error(settings: Any, answer: bytes) -> None:
    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
        sqs = aws.client.__wrapped__("sqs", attempts=1)
        try:
            with pytest.raises(ResponseParserError):
                sqs.receive_message(QueueUrl=f"{settings.AWS_ENDPOINT_URL}/1/queue")
        finally:
            server.shutdown()


def test_sessions_share_what_they_have_read() -> None:
    """Those of other libraries too: a worker has one for each queue that it sends to."""
    loaders = {id(boto3.Session()._session.get_component("data_loader")) for _ in range(3)}
    assert loaders == {id(aws.SESSION._session.get_component("data_loader"))}
