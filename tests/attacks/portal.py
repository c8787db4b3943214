"""The web process as deployed, on 127.0.0.1, and clients that misbehave."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from deploy import commands
from deploy.local.places import CHECKOUT
from deploy.local.process import answers
from tests.faults.world import wait_until
from tests.ports import held_port

GRACEFUL = 10
THREADS = 4
BOUNDARY = "a-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
PATIENCE = 100  # seconds, more than a test takes on a busy machine
# Programs that serve as the command does, except for some times.
HURRIED = f"""
import sys
from config import web_server

web_server.HEADER_SECONDS = web_server.BODY_SECONDS = 1
web_server.serve(sys.argv[1], threads={THREADS}, graceful={GRACEFUL})
"""
PATIENT = f"""
import sys
from config import web_server
from config.database import timeouts

timeouts.PORTAL_LOCK_SECONDS = {PATIENCE}
web_server.serve(sys.argv[1], threads={THREADS}, graceful={PATIENCE})
"""


@dataclass
class Portal:
    port: int
    process: "subprocess.Popen[bytes]"
    temp: Path
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(
        self, path: str, *, method: str = "GET", cookie: str = "", body: bytes = b"", kind: str = ""
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Cookie": cookie} if cookie else {}
        if kind:
            headers["Content-Type"] = kind
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            client.request(method, path, body or None, headers)
            answer = client.getresponse()
            return answer, answer.read()
        finally:
            client.close()

    def seconds(self, path: str, cookie: str = "") -> float:
        """Seconds until the page is there. Fails unless it is."""
        began = time.monotonic()
        answer, _ = self.ask(path, cookie=cookie)
        assert answer.status == 200, (path, answer.status)
        return time.monotonic() - began

    def bytes_on_disk(self) -> int:
        """What the process holds in temporary files, also in deleted ones, at one moment: a file
        counts if it is there before and after it."""
        before, after = self._temporary_files(), self._temporary_files()
        return sum(size for file, size in before.items() if file in after)

    def _temporary_files(self) -> dict[tuple[int, int], int]:
        held = {}
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                if str(descriptor.readlink()).startswith(str(self.temp)):
                    found = descriptor.stat()
                    held[found.st_dev, found.st_ino] = found.st_blocks * 512
            except OSError:  # closed meanwhile
                continue
        return held


@contextmanager
def running_portal(
    place: Path, variables: Mapping[str, str] | None = None, *, program: str = ""
) -> Iterator[Portal]:
    """The web process, with the database and the emulator of the tests.

    `program` runs in place of the command as deployed: HURRIED waits a second for a request where
    that waits half a minute and longer; PATIENT waits long for locks, and for requests at its end.
    """
    with held_port() as port, ExitStack() as cleanup:
        temp, log = place / "tmp", place / "web.log"
        temp.mkdir()
        _, *arguments = commands.web(f"127.0.0.1:{port}", threads=THREADS, graceful=GRACEFUL)
        if program:
            arguments = ["-c", program, f"127.0.0.1:{port}"]
        database = urlsplit(os.environ["DATABASE_URL"])._replace(
            path=f"/{connection.settings_dict['NAME']}"
        )
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=CHECKOUT,
                env=os.environ
                | {"DATABASE_URL": database.geturl(), "TMPDIR": str(temp), **(variables or {})}
                | {"ALLOWED_HOSTS": "127.0.0.1"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        cleanup.callback(end, process)
        wait_until("the portal answers", lambda: answers(port, "/readyz"), tell=log.read_text)
        yield Portal(port, process, temp, log)


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def session_of(user: User) -> str:
    """The cookie of a person who has logged in."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def dripping(portal: Portal, starts: list[bytes]) -> Iterator[None]:
    """A connection for each start, which is sent, and then a byte every half second."""
    connections = [portal.connect() for _ in starts]
    for one, start in zip(connections, starts, strict=True):
        one.sendall(start)
    over = Event()

    def drip() -> None:
        while not over.wait(0.5):
            for one, start in zip(connections, starts, strict=True):
                if start:
                    with suppress(OSError):
                        one.send(b"x")

    thread = Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for one in connections:
            one.close()


def part(name: str, content: bytes, file_name: str = "") -> bytes:
    named = f'; filename="{file_name}"' if file_name else ""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode()
        + content
        + b"\r\n"
    )


def form(portal: Portal, cookie: str, *files: bytes) -> tuple[str, bytes]:
    """Cookies and body of the upload form."""
    answer, page = portal.ask(reverse("new_upload"), cookie=cookie)
    assert answer.status == HTTPStatus.OK, (answer.status, answer.getheaders(), page[:500])
    token = page.partition(b'name="csrfmiddlewaretoken" value="')[2].partition(b'"')[0]
    csrf = next(v for k, v in answer.getheaders() if k == "Set-Cookie" and v.startswith("csrf"))
    fields = {"dataset": b"products", "mode": b"create", "csrfmiddlewaretoken": token}
    parts = [part(name, value) for name, value in fields.items()]
    parts += [part("file", content, "products.csv") for content in files]
    return f"{cookie}; {csrf.partition(';')[0]}", b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def head_of(
    path: str, *more: str, method: str = "POST", size: int | None = None, cookie: str = ""
) -> bytes:
    """A request as far as its body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {FORM}", *more]
    lines += [f"Cookie: {cookie}"] if cookie else []
    lines += [f"Content-Length: {size}"] if size is not None else []
    return "\r\n".join([*lines, "", ""]).encode()
