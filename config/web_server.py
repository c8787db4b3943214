"""The web server: waitress, which gives a request to a thread only when all of it has arrived.

    python -m config.web_server 0.0.0.0:8000 --threads 8 --graceful 30

So a slow sender takes a connection and no thread. What waitress leaves open is closed here:

- A request with a long body is first shown to the application without it (`BODY_TO_COME` in its
  environment). Only if the answer is 204 is the body read; any other answer goes to the client.
- Bodies on disk are bounded together: others wait until there is room.
- A request that does not arrive in time ends with its connection.
- `/healthz` has a thread of its own, and is answered while all others are busy.
- SIGTERM and SIGINT close the listening socket, let requests finish, and end the process.
"""

import argparse
import logging
import math
import resource
import signal
import socket
import time
from contextlib import suppress
from io import BytesIO
from types import FrameType
from typing import Any

from waitress import adjustments, channel, parser, server, task, wasyncore

log = logging.getLogger(__name__)
# waitress has no types.
WaitressParser: Any = parser.HTTPRequestParser
WaitressChannel: Any = channel.HTTPChannel
WaitressServer: Any = server.TcpWSGIServer
WaitressTask: Any = task.WSGITask

# Bytes of a body that the client wants to send; of one that will not be read.
BODY_TO_COME = "onboarding.body_to_come"
BODY_REJECTED = "onboarding.body_rejected"
ADMITTED = "204"
LIVENESS = "/healthz"

MAX_CONNECTIONS = 1_000
MAX_HEADER_BYTES = 32 * 1024
SHORT_BODY_BYTES = 16 * 1024  # read without asking: logins and other forms
HEADER_SECONDS = 30.0
BODY_SECONDS = 60.0  # and what the body takes at the slowest pace
SLOWEST_BYTES_PER_SECOND = 16 * 1024
IDLE_SECONDS = 120  # longer than a load balancer keeps a connection, so that it closes first
CHECK_SECONDS = 2  # between looks for requests out of time
LINGER_SECONDS = 10.0  # for a client to read an answer before the end of its own body


class Request(WaitressParser):
    """A request that is arriving.

    Of a long body, the first bytes may arrive with the headers; they stay in memory.
    """

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.started = time.monotonic()
        self.is_asked = self.is_admitted = self.is_reading = self.is_rejected = False

    @property
    def is_long(self) -> bool:
        return bool(self.headers_finished) and (
            self.content_length > SHORT_BODY_BYTES or self.chunked
        )

    @property
    def announced(self) -> float:
        """Bytes of the body; infinite when the client does not say."""
        return math.inf if self.chunked else float(self.content_length)

    @property
    def deadline(self) -> float:
        if not self.headers_finished:
            return self.started + HEADER_SECONDS
        if self.is_asked and not self.is_reading:
            return math.inf  # it waits for us
        return self.started + BODY_SECONDS + int(self.content_length) / SLOWEST_BYTES_PER_SECOND

    def read_on(self) -> None:
        """Let the body come."""
        self.is_reading = True
        self.started = time.monotonic()

    def reject(self) -> None:
        """Do not read the body: the application's answer to the headers is final."""
        self.is_rejected = self.completed = True
        self.expect_continue = False


class Task(WaitressTask):
    def __init__(self, channel: Any, request: Any) -> None:
        super().__init__(channel, request)
        if request.is_rejected or channel.server.is_stopping:
            request.headers["CONNECTION"] = "close"

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        rejected = without_body(self.request, BODY_REJECTED) if self.request.is_rejected else {}
        return environ | rejected


def without_body(request: Request, name: str) -> dict[str, Any]:
    return {
        "wsgi.input": BytesIO(),
        "CONTENT_LENGTH": "0",
        name: request.announced,
    }


class Question:
    """Work for a thread: may the body of this request come?"""

    def __init__(self, asking: "Channel", request: Request) -> None:
        self.channel = asking
        self.request = request

    def service(self) -> None:
        found: list[str] = []

        def start_response(status: str, headers: object, exc_info: object = None) -> None:
            found.append(status)

        environ = WaitressTask(self.channel, self.request).get_environment()
        try:
            answer = self.channel.server.application(
                environ | without_body(self.request, BODY_TO_COME), start_response
            )
            if hasattr(answer, "close"):
                answer.close()
        finally:
            self.channel.answered(
                self.request, is_admitted=bool(found) and found[0].startswith(ADMITTED)
            )

    def cancel(self) -> None:
        self.channel.cancel()


class Channel(WaitressChannel):
    """A connection."""

    parser_class = Request
    task_class = Task
    request: Request | None
    close_when_flushed: bool
    is_rejecting = False  # the body of its last request is not read
    lingers_until: float | None = None  # only discards what still arrives

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened = time.monotonic()
        self.is_used = False

    def readable(self) -> bool:
        if self.lingers_until is not None:
            return not self.will_close
        if not super().readable():
            return False
        request = self.request
        if request is None or not request.is_asked or request.is_reading:
            return True
        if request.is_admitted and self.server.has_room_for(request):
            request.read_on()
            if request.expect_continue and not self.sent_continue:
                self.send_continue()
        return request.is_reading

    def send_continue(self) -> None:
        """Only for a body that is admitted: `received` calls it as soon as it has the headers."""
        request = self.request
        if request is not None and (not request.is_long or request.is_reading):
            super().send_continue()

    def received(self, data: bytes) -> bool:
        if self.lingers_until is not None:
            return False
        self.is_used = True
        taken = bool(super().received(data))
        request = self.request
        if request is not None and request.is_long and not request.is_asked:
            request.is_asked = True
            self.server.add_task(Question(self, request))
        return taken

    def answered(self, request: Request, *, is_admitted: bool) -> None:
        """The application has decided about the body, in a thread."""
        with self.requests_lock:
            if is_admitted:
                request.is_admitted = True
            else:
                request.reject()
                self.is_rejecting = True
                self.requests.append(request)
                self.request = None
                if len(self.requests) == 1:
                    self.server.add_task(self)
        self.server.pull_trigger()

    def handle_write(self) -> None:
        """After the answer to a request whose body was not read, wait for the client to close:
        if we closed first, it might lose the answer."""
        if self.close_when_flushed and self.is_rejecting and not self.will_close:
            self._flush_exception(self._flush_some)
            if not self.total_outbufs_len and not self.will_close:
                self.close_when_flushed = False
                self.lingers_until = time.monotonic() + LINGER_SECONDS
                with suppress(OSError):  # it has gone
                    self.socket.shutdown(socket.SHUT_WR)
            return
        super().handle_write()

    def is_out_of_time(self, now: float) -> bool:
        if self.lingers_until is not None:
            return now > self.lingers_until
        request = self.request
        if request is None:
            return not self.is_used and now > self.opened + HEADER_SECONDS
        return now > request.deadline

    @property
    def is_busy(self) -> bool:
        """A request is being read or answered."""
        is_reading = self.request is not None and self.request.headers_finished
        return bool(is_reading or self.requests or self.total_outbufs_len)


class Server(WaitressServer):
    """`max_body_bytes` bounds the bodies that are being read or answered, all together."""

    channel_class = Channel

    def __init__(self, *args: Any, max_body_bytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_body_bytes = max_body_bytes
        self.stops_at: float | None = None
        self.probes = task.ThreadedTaskDispatcher()
        self.probes.set_thread_count(1)

    def add_task(self, work: Any) -> None:
        is_probe = isinstance(work, Channel) and work.requests[0].path == LIVENESS
        (self.probes if is_probe else self.task_dispatcher).add_task(work)

    def has_room_for(self, request: Request) -> bool:
        held = sum(
            one.content_length
            for connection in self.active_channels.values()
            for one in (connection.request, *connection.requests)
            if one is not None and one.is_reading
        )
        return not held or held + request.content_length <= self.max_body_bytes

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        moment = time.monotonic()
        for connection in self.active_channels.values():
            if connection.is_out_of_time(moment):
                connection.will_close = True

    # --- Life ------------------------------------------------------------------------------

    @property
    def is_stopping(self) -> bool:
        return self.stops_at is not None

    def run(self, *, graceful: float) -> None:
        """Serve until SIGTERM or SIGINT, then for `graceful` seconds at most."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.stops_at = self.stops_at or time.monotonic() + graceful
            self.pull_trigger()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        while not self.is_stopping:
            self._turn()
        wasyncore.dispatcher.close(self)  # accepts no more connections
        while self._has_work() and time.monotonic() < (self.stops_at or 0):
            self._turn()
            self.maintenance(time.time())

    def _turn(self) -> None:
        wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)

    def _has_work(self) -> bool:
        return any(connection.is_busy for connection in self.active_channels.values())


def serve(bind: str, *, threads: int, graceful: float) -> None:
    """Serve the application on the address `bind` until SIGTERM."""
    from django.conf import settings  # noqa: PLC0415 - after the arguments are known to be right

    from config.wsgi import application  # noqa: PLC0415 - the same

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    options = adjustments.Adjustments(
        listen=bind,
        threads=threads,
        ident="",
        connection_limit=MAX_CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=CHECK_SECONDS,
        max_request_header_size=MAX_HEADER_BYTES,
        max_request_body_size=settings.INCOMING_MAX_BYTES,
        clear_untrusted_proxy_headers=False,  # the settings say which are trusted
        log_socket_errors=False,  # clients that went away
    )
    dispatcher = task.ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    served = Server(
        application,
        dispatcher=dispatcher,
        adj=options,
        max_body_bytes=settings.INCOMING_MAX_BYTES,
    )
    log.info("listening on %s", bind)
    served.run(graceful=graceful)
    log.info("stopped")


if __name__ == "__main__":
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("bind", help="address and port")
    parse.add_argument("--threads", type=int, required=True, help="requests answered at once")
    parse.add_argument(
        "--graceful", type=float, required=True, help="seconds for requests to finish when stopped"
    )
    chosen = parse.parse_args()
    serve(chosen.bind, threads=chosen.threads, graceful=chosen.graceful)
