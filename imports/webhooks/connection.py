"""One POST to a stranger's address: never to an address of ours, and never for longer than allowed.

A vendor chooses the host and may change at any time what its name resolves to. So the name is
resolved once, every address that it has must be public, and the connection goes to one of those
that were looked at. Redirects are not followed.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext

MAX_URL = 500  # characters
CONNECT_SECONDS = 5.0
HTTP, HTTPS = 80, 443
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that IANA gives to networks
# Not public, though Python 3.11 does not know it.
RESERVED_4 = ipaddress.IPv4Network("192.0.0.0/24")
DOCUMENTATION_6 = ipaddress.IPv6Network("3fff::/20")


class NotAllowed(Exception):
    """We send nothing to this address; the text says why, for the vendor."""


class NotAnswered(Exception):
    """No answer came; the text says why, for the vendor."""


@dataclass(frozen=True)
class Answer:
    """`retry_after`: what the header of this name says, "" without one."""

    status: int
    retry_after: str = ""


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be sent to. Raises NotAllowed.

    Where the name leads is looked at when something is sent.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed(gettext("This is not a web address.")) from error
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > MAX_URL:
        words = gettext("Use at most %(most)s ASCII characters, without spaces.")
        raise NotAllowed(words % {"most": MAX_URL})
    if settings.WEBHOOKS_TO_THIS_MACHINE and parts.scheme == "http" and parts.hostname:
        return parts
    if parts.scheme != "https":
        raise NotAllowed(gettext("The address must begin with https://."))
    if port not in {None, HTTPS}:
        raise NotAllowed(gettext("The address must use the usual port of HTTPS, 443."))
    if parts.username is not None or parts.password is not None:
        raise NotAllowed(gettext("The address must not contain a username or password."))
    if parts.fragment:
        raise NotAllowed(gettext("The address must not contain “#”."))
    if not parts.hostname or "." not in parts.hostname.strip(".") or is_number(parts.hostname):
        raise NotAllowed(
            gettext("The address must have the name of a host, such as shop.example.com.")
        )
    return parts


def is_number(host: str) -> bool:
    """Whether it is an IP address in any notation: 127.0.0.1, 2130706433, 0x7f.1, [::1]."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.startswith("0x")


def addresses_of(host: str, port: int) -> list[str]:
    """The IP addresses that the name has now; all are public. Raises NotAllowed, NotAnswered."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotAnswered(f"The name {host} has no address: {error}") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses:
        raise NotAnswered(f"The name {host} has no address.")
    for address in addresses:
        if not (is_public(address) or settings.WEBHOOKS_TO_THIS_MACHINE):
            raise NotAllowed(f"The name {host} leads to {address}, which is not a public address.")
    return addresses


def is_public(address: str) -> bool:
    """Whether the whole internet can reach it. One that carries an IPv4 address, which a gateway
    would connect to, counts as not public."""
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv4Address):
        return number.is_global and not number.is_multicast and number not in RESERVED_4
    is_carrier = number.sixtofour or number.teredo
    is_unicast = number in GLOBAL_UNICAST and number not in DOCUMENTATION_6
    return number.is_global and is_unicast and not is_carrier


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
    """Send it and wait for the answer, `seconds` at most for everything but the name.

    Raises NotAllowed and NotAnswered.
    """
    parts = check_url(url)
    host, is_encrypted = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (HTTPS if is_encrypted else 80)
    addresses = addresses_of(host, port)
    with _Deadline(seconds) as deadline:
        try:
            connected = deadline.guarded(_connected(addresses, port, deadline.left))
            if is_encrypted:
                connected = _encrypted(connected, host, deadline)
            # With a socket of its own, this resolves no name and connects to nothing.
            connection = HTTPConnection(host, HTTP if is_encrypted else port)
            connection.sock = connected
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, dict(headers))
            with connection.getresponse() as answer:
                if deadline.is_over:  # a cut line or header reads like a whole one
                    raise TimeoutError
                return Answer(answer.status, answer.headers.get("Retry-After", ""))
        except (OSError, HTTPException) as error:
            if deadline.is_over:
                raise NotAnswered(f"No answer within {seconds:.0f} s.") from error
            raise NotAnswered(_in_words(error, host)) from error


def _connected(addresses: list[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first address that accepts one. Raises OSError."""
    end = time.monotonic() + seconds
    failure = OSError("there is no address")
    for address in addresses:
        left = max(0.1, min(CONNECT_SECONDS, end - time.monotonic()))
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failure = error
    raise failure


def _encrypted(connected: socket.socket, host: str, deadline: "_Deadline") -> ssl.SSLSocket:
    """The connection with TLS, if its certificate is one for `host`. Raises OSError."""
    context = ssl.create_default_context()
    encrypted = context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
    deadline.guarded(encrypted)
    encrypted.do_handshake()
    return encrypted


def _in_words(error: Exception, host: str) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"The certificate of {host} is not valid: {error.verify_message}."
        case ConnectionRefusedError():
            return "The connection was refused."
        case TimeoutError():
            return "No connection was accepted in time."
        case _:
            return f"The connection broke: {error or type(error).__name__}."


S = TypeVar("S", bound=socket.socket)


class _Deadline:
    """Cuts a connection when its time is over, wherever it waits: a host may send a byte now and
    then, which a timeout of the socket does not notice."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.is_over = False

    @property
    def left(self) -> float:
        return self._end - time.monotonic()

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def guarded(self, connected: S) -> S:
        """This connection, which is now the one to be cut and closed. Raises TimeoutError."""
        with self._lock:
            self._socket = connected
            if self.is_over:
                raise TimeoutError
        connected.settimeout(None)  # one timeout is enough
        return connected

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None and self._socket.fileno() >= 0:
                with suppress(OSError):  # the other side has closed it
                    # Not the method of an encrypted socket, which changes what is being read.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
