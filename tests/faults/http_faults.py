"""A proxy in front of the emulator that fails on request, per operation and number of times.

Written for these tests: published proxies delay or cut bytes, while these faults concern single
operations ("the answer to SES SendRawEmail is lost after the email was sent").
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from tests.faults.proxy import Proxy

HEAD_END = b"\r\n\r\n"
SERVICES = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb"}
QUERY_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
LISTING = re.compile(r"[?&](?:versions|list-type)(?:[=&]|$)")


@dataclass(frozen=True)
class Request:
    """One request; `operation` is for example "sqs.ReceiveMessage" or "s3.GET"."""

    method: str
    path: str
    head: bytes
    body: bytes
    operation: str

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Fault:
    """What happens to a request. `status` None means no answer.

    With `works` the emulator executes the request and its answer is lost. `cut` is the number of
    bytes of the answer after which the connection ends; `slow` is a delay in seconds before it.
    """

    status: int | None = None
    code: str = "InternalError"
    works: bool = False
    silent: float = 0.0  # seconds of silence before the connection closes
    cut: int | None = None
    slow: float = 0.0
    held: bool = False  # forwarded when the rule is removed
    copies: int = 0  # additional times that it is forwarded
    answer: Callable[[Request], dict[str, Any]] | None = None  # a fake successful answer, as JSON


SERVER_ERROR = Fault(status=500)
UNAVAILABLE = Fault(status=503, code="ServiceUnavailable")
THROTTLED = Fault(status=400, code="ThrottlingException")
EXPIRED = Fault(status=403, code="ExpiredTokenException")
DROPPED = Fault()
BLACK_HOLE = Fault(silent=3600)
REPLY_LOST = Fault(works=True)
TRIPLED = Fault(copies=2)
HELD = Fault(held=True)


@dataclass(eq=False)
class Rule:
    operation: str  # a pattern such as "sqs.*"
    fault: Fault
    times: int
    when: Callable[[Request], bool] = lambda _: True
    hits: int = 0


class HttpFaults(Proxy):
    """Forwards to the emulator at `upstream`, unless a rule says otherwise."""

    def __init__(self, upstream: int, port: int) -> None:
        super().__init__(upstream, port)
        self.rules: list[Rule] = []
        self.polled: dict[str, float] = {}  # queue → time of its last poll

    def fail(
        self,
        operation: str,
        fault: Fault,
        *,
        times: int = 1,
        when: Callable[[Request], bool] = lambda _: True,
    ) -> Rule:
        """Apply the fault to the next `times` requests of this kind."""
        rule = Rule(operation, fault, times, when)
        self.rules.append(rule)
        return rule

    def take_back(self, rule: Rule) -> None:
        """Remove this fault; a request that it holds is forwarded."""
        self.rules.remove(rule)

    def heal(self) -> None:
        """Remove all faults; connections without an answer are cut."""
        self.rules.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            request = await read_request(reader, writer)
            if request:
                if request.operation == "sqs.ReceiveMessage":
                    queue = str(request.json()["QueueUrl"]).rpartition("/")[2]
                    self.polled[queue] = time.monotonic()
                await self._meet(request, self._rule_for(request), writer)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # the client has disconnected
        finally:
            self.open.discard(writer)
            writer.close()

    def _rule_for(self, request: Request) -> Rule | None:
        for rule in self.rules:
            if (
                rule.hits < rule.times
                and fnmatch(request.operation, rule.operation)
                and rule.when(request)
            ):
                rule.hits += 1
                return rule
        return None

    async def _meet(
        self, request: Request, rule: Rule | None, writer: asyncio.StreamWriter
    ) -> None:
        if rule is None:
            await self._forward(request, writer, None)
            return
        fault = rule.fault
        if fault.held:
            await self._end_of(rule)
            await self._forward(request, writer, None)
        elif fault.answer:
            writer.write(made_up(200, json.dumps(fault.answer(request))))
            await writer.drain()
        elif fault.status is not None:
            writer.write(refusal(request, fault))
            await writer.drain()
        elif fault.copies:
            for _ in range(fault.copies):
                await self._forward(request, None, None)
            await self._forward(request, writer, None)
        elif fault.cut is not None or fault.slow:
            await asyncio.sleep(fault.slow)
            await self._forward(request, writer, fault.cut)
        else:
            if fault.works:
                await self._forward(request, None, None)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end_of(rule), fault.silent)
            writer.transport.abort()

    async def _end_of(self, rule: Rule) -> None:
        """Wait until the rule is removed."""
        while rule in self.rules:  # noqa: ASYNC110 (another thread cannot set an event of this loop)
            await asyncio.sleep(0.05)

    async def _forward(
        self, request: Request, writer: asyncio.StreamWriter | None, cut: int | None
    ) -> None:
        source, sink = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            sink.write(request.head + request.body)
            await sink.drain()
            head = await source.readuntil(HEAD_END)
            if writer:
                writer.write(re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head[:-4]))
                writer.write(b"\r\nConnection: close" + HEAD_END)
            passed = 0
            while chunk := await source.read(65536):
                if cut is not None and passed + len(chunk) > cut:
                    if writer:
                        writer.write(chunk[: cut - passed])
                        await writer.drain()
                    return
                passed += len(chunk)
                if writer:
                    writer.write(chunk)
                    await writer.drain()
        finally:
            sink.close()


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """The request of a connection, or None if it was closed without one."""
    try:
        head = await reader.readuntil(HEAD_END)
    except asyncio.IncompleteReadError:
        return None
    line, _, rest = head.partition(b"\r\n")
    method, path, _ = line.decode().split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (one.partition(":") for one in rest.decode("latin-1").split("\r\n"))
    }
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await reader.readuntil(b"0\r\n\r\n")
    else:
        body = await reader.readexactly(int(headers.get("content-length") or 0))
    head = re.sub(rb"(?i)\r\n(?:connection|expect):[^\r]*", b"", head[:-4])
    head += b"\r\nConnection: close" + HEAD_END
    return Request(method, path, head, body, operation_of(method, path, headers, body))


def operation_of(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    service, _, name = headers.get("x-amz-target", "").rpartition(".")
    if name:
        return f"{SERVICES.get(service, service.lower())}.{name}"
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        action = QUERY_ACTION.search(body)
        scope = re.search(r"/([a-z]+)/aws4_request", headers.get("authorization", ""))
        return f"{scope[1] if scope else 'query'}.{action[1].decode() if action else method}"
    # The sweep for missing events lists the bucket every few seconds; that is not a download.
    is_listing = method == "GET" and LISTING.search(path) is not None
    return "s3.LIST" if is_listing else f"s3.{method}"


def refusal(request: Request, fault: Fault) -> bytes:
    """An AWS error in the format of the service."""
    assert fault.status is not None
    if request.operation.startswith(("sqs.", "dynamodb.")):
        body = json.dumps({"__type": fault.code, "message": fault.code})
    elif request.operation.startswith("s3."):
        body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code></Error>"
    else:
        body = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{fault.code}</Code><Message>{fault.code}</Message></Error></ErrorResponse>"
        )
    return made_up(fault.status, body)


def made_up(status: int, body: str) -> bytes:
    kind = "application/x-amz-json-1.0" if body.startswith("{") else "text/xml"
    return (
        f"HTTP/1.1 {status} Made Up\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}"
    ).encode()
