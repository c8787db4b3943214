"""Where we connect to when a vendor says an address, and for how long."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from imports.webhooks import connection
from imports.webhooks.connection import Answer, NotAllowed, NotAnswered, check_url, post
from tests.imports.webhooks.receiver import Receiver

AUTHORITY = trustme.CA()

# What a name could lead to that is not public, in any form a resolver may give.
NOT_PUBLIC = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "192.0.0.8", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
    *("fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1", "100::1", "3fff::1"),
)
# What a vendor could enter, refused before any name is resolved.
NOT_AN_ADDRESS = (
    *("", "shop", "shop.example.com/hooks", "//shop.example.com", "https://", "https:///hooks"),
    *("http://shop.example.com/", "ftp://shop.example.com/", "file:///etc/passwd"),
    *("gopher://shop.example.com", "javascript:alert(1)", "https://localhost/", "https://portal/"),
    *("https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/"),
    *("https://127.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://1.1.1.1/"),
    *("https://shop.example.com:8443/", "https://shop.example.com:22/", "https://a.example:99999/"),
    *("https://user@shop.example.com/", "https://user:word@shop.example.com/"),
    *("https://shop.example.com/#there", "https://shop.example.com/a b", "https://shop.éxample/"),
    *("https://shop.example.com/\r\nHost: evil", f"https://shop.example.com/{'x' * 500}"),
    *("https://[shop.example.com/", "https://0x7f.1/", "https://shop.0x7f/", "https://./"),
)


@pytest.fixture
def deployed(settings: Any) -> None:
    """As on AWS, where nothing is sent to this machine."""
    settings.WEBHOOKS_TO_THIS_MACHINE = False


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names lead to: at each look the next list, at last the last one again and again."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def resolved(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in known:
            assert host[0].isdigit() or ":" in host, f"{host} is looked up in the real world"
            return real(host, port, *args, **kwargs)
        answers = known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return known


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to."""
    found: list[str] = []
    real = socket.create_connection

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        found.append(address[0])
        return real(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", connect)
    return found


@pytest.mark.parametrize("address", NOT_PUBLIC)
@pytest.mark.usefixtures("deployed")
def test_no_address_of_ours_is_connected_to(
    address: str, names: dict[str, list[list[str]]], connected: list[str]
) -> None:
    """Neither alone nor beside a public one."""
    for found in ([address], ["93.184.216.34", address], [address, "2606:4700::1111"]):
        names["shop.example.com"] = [found]
        with pytest.raises(NotAllowed, match="not a public address"):
            post("https://shop.example.com/", b"{}", {}, seconds=1)
    assert not connected


def test_public_addresses_are_public() -> None:
    for address in ("93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001:80b::200e"):
        assert connection.is_public(address)


@pytest.mark.parametrize("url", NOT_AN_ADDRESS)
@pytest.mark.usefixtures("deployed")
def test_what_is_no_address_is_refused_before_its_name_is_looked_up(
    url: str, names: dict[str, list[list[str]]], connected: list[str]
) -> None:
    with pytest.raises(NotAllowed):
        check_url(url)
    with pytest.raises(NotAllowed):
        post(url, b"{}", {}, seconds=1)
    assert not connected


@pytest.mark.usefixtures("deployed")
def test_usual_addresses_are_accepted() -> None:
    for url in (
        "https://shop.example.com",
        "https://shop.example.com:443/hooks?from=techmart",
        "HTTPS://Shop.Example.COM./%7Ehooks",
        "https://xn--shp-rna.example/hooks",
    ):
        check_url(url)


@contextmanager
def host(talk: Callable[[ssl.SSLSocket], None], *, named: str) -> Iterator[int]:
    """A host with a certificate for this name that treats each connection in this way; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(named).configure_cert(context)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted:
                try:
                    with context.wrap_socket(accepted, server_side=True) as encrypted:
                        talk(encrypted)
                except OSError:
                    continue  # the other side has left

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def whole_request(client: ssl.SSLSocket) -> bytes:
    """With its body, `{}`."""
    said = b""
    while not said.endswith(b"{}"):
        said += client.recv(10_000)
    return said


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, deployed: None) -> Callable[[int], None]:
    """Accept this machine and this port as if they were public, and certificates of the tests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    monkeypatch.setattr(connection, "is_public", bool)
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)

    def at(port: int) -> None:
        monkeypatch.setattr(connection, "HTTPS", port)

    return at


def test_the_address_that_was_looked_at_is_the_one_connected_to(
    names: dict[str, list[list[str]]], connected: list[str], local: Callable[[int], None]
) -> None:
    """A name that leads elsewhere at the second look (DNS rebinding) is looked at once. The host's
    certificate and the request are for the name."""
    said: list[bytes] = []

    def talk(client: ssl.SSLSocket) -> None:
        said.append(whole_request(client))
        client.sendall(b"HTTP/1.1 202 Accepted\r\nRetry-After: 7\r\n\r\n")

    names["shop.example.com"] = [["127.0.0.1"], ["127.0.0.9"]]
    with host(talk, named="shop.example.com") as port:
        local(port)
        answer = post("https://shop.example.com/a?b=c", b"{}", {"webhook-id": "1"}, seconds=5)
    assert answer == Answer(202, "7")
    assert connected == ["127.0.0.1"]
    head = said[0].split(b"\r\n")
    assert head[0] == b"POST /a?b=c HTTP/1.1"
    assert {b"Host: shop.example.com", b"Content-Length: 2", b"webhook-id: 1"} <= set(head)


def test_a_certificate_for_another_name_is_not_accepted(
    names: dict[str, list[list[str]]], local: Callable[[int], None]
) -> None:
    said: list[bytes] = []
    names["shop.example.com"] = [["127.0.0.1"]]
    with host(lambda client: said.append(client.recv(1)), named="other.example.com") as port:
        local(port)
        with pytest.raises(NotAnswered, match="certificate of shop"):
            post("https://shop.example.com/", b"{}", {}, seconds=5)
    assert not said


def test_the_second_address_is_tried_if_the_first_refuses(
    names: dict[str, list[list[str]]], connected: list[str], local: Callable[[int], None]
) -> None:
    def talk(client: ssl.SSLSocket) -> None:
        whole_request(client)
        client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    names["shop.example.com"] = [["127.0.0.9", "127.0.0.1"]]
    with host(talk, named="shop.example.com") as port:
        local(port)
        assert post("https://shop.example.com/", b"{}", {}, seconds=5).status == 204
    assert connected == ["127.0.0.9", "127.0.0.1"]


DRIPPING = {
    "nothing": b"",
    "a status line": b"HTTP/1.1 200 OK",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(90)),
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 90,
}


@pytest.mark.parametrize("answer", DRIPPING.values(), ids=DRIPPING)
def test_a_host_that_sends_a_byte_now_and_then_is_cut_in_time(
    answer: bytes, names: dict[str, list[list[str]]], local: Callable[[int], None]
) -> None:
    """Each byte comes in time, the whole answer never does."""
    has_left = threading.Event()

    def talk(client: ssl.SSLSocket) -> None:
        try:
            whole_request(client)
            for number in range(len(answer)):
                client.sendall(answer[number : number + 1])
                time.sleep(0.02)
            while client.recv(10_000):
                pass
        finally:
            has_left.set()

    names["shop.example.com"] = [["127.0.0.1"]]
    with host(talk, named="shop.example.com") as port:
        local(port)
        began = time.monotonic()
        with pytest.raises(NotAnswered, match="No answer within 1 s"):
            post("https://shop.example.com/", b"{}", {}, seconds=1)
        assert time.monotonic() - began < 2
        assert has_left.wait(5), "our side has closed the connection"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "broke"), (b"SSH-2.0-OpenSSH\r\n\r\n", "broke"), (b"HTTP/1.1 2\r\n\r\n", "broke")],
)
def test_what_is_no_answer_is_said(
    answer: bytes, reason: str, names: dict[str, list[list[str]]], local: Callable[[int], None]
) -> None:
    names["shop.example.com"] = [["127.0.0.1"]]
    with host(lambda client: client.sendall(answer), named="shop.example.com") as port:
        local(port)
        with pytest.raises(NotAnswered, match=reason):
            post("https://shop.example.com/", b"{}", {}, seconds=5)


def test_names_without_an_address_and_closed_ports_are_said(
    names: dict[str, list[list[str]]], local: Callable[[int], None]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        local(listening.getsockname()[1])
    names["shop.example.com"] = [["127.0.0.1"]]
    with pytest.raises(NotAnswered, match="The connection was refused"):
        post("https://shop.example.com/", b"{}", {}, seconds=5)
    names["shop.example.com"] = [[]]
    with pytest.raises(NotAnswered, match="has no address"):
        post("https://shop.example.com/", b"{}", {}, seconds=5)


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers(307, Location=receiver.url + "/elsewhere")
    assert post(receiver.url, b"{}", {}, seconds=5).status == 307
    assert [heard.path for heard in receiver.heard] == ["/hooks"]
