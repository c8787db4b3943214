"""What a request may put on the disk: nothing for strangers, and a bounded amount in total."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from imports.models import Upload
from tests.attacks.portal import FORM, Portal, form, head_of, running_portal, session_of
from tests.faults.world import wait_until
from vendors import tokens
from vendors.access import SEND_UPLOADS

MB = 1024 * 1024
KB = 1024
ROOM = 4 * MB
LARGEST = 3 * MB
SMALL = {
    "INCOMING_MAX_BYTES": str(ROOM),
    "UPLOAD_MAX_BYTES": str(LARGEST),
    "METRICS_MAX_BYTES": str(LARGEST),
}
NEW = "/uploads/new/"


@pytest.fixture
def small_portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    """A portal with little room for incoming files."""
    with running_portal(tmp_path, SMALL) as portal:
        yield portal


def answer_to(line: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(line)
    answer.begin()
    return answer


@pytest.mark.parametrize("path", [NEW, "/login/", "/admin/imports/upload/", "/nothing/"])
def test_a_stranger_is_answered_before_the_body(portal: Portal, path: str) -> None:
    with portal.connect() as line:
        line.sendall(head_of(path, size=500 * MB) + b"x" * 100 * KB)
        answer = answer_to(line)
        assert (answer.status, answer.headers["Connection"]) == (302, "close")
        assert answer.headers["Location"].startswith(reverse("login"))
        assert portal.bytes_on_disk() == 0


def test_a_stranger_who_sends_it_all_the_same_gets_the_answer(portal: Portal) -> None:
    with portal.connect() as line:
        line.sendall(head_of(NEW, size=2 * MB) + b"x" * 2 * MB)
        assert answer_to(line).status == 302


def test_a_stranger_who_asks_first_is_not_invited(portal: Portal) -> None:
    with portal.connect() as line:
        line.sendall(head_of(NEW, "Expect: 100-continue", size=2 * MB))
        assert line.recv(12) == b"HTTP/1.1 302"


def test_a_member_who_asks_first_is_invited(portal: Portal, alice: User) -> None:
    cookies, body = form(portal, session_of(alice), b"sku\n" + b"x" * 100 * KB)
    with portal.connect() as line:
        line.sendall(head_of(NEW, "Expect: 100-continue", size=len(body), cookie=cookies))
        assert line.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(body)
        assert answer_to(line).status == 422


def test_a_body_of_unknown_length_is_not_read(portal: Portal, alice: User) -> None:
    for cookie, status in (("", 302), (session_of(alice), 411)):
        with portal.connect() as line:
            line.sendall(head_of(NEW, "Transfer-Encoding: chunked", cookie=cookie))
            line.sendall(b"fff\r\n" + b"x" * 0xFFF)
            assert answer_to(line).status == status


def test_a_file_too_large_for_its_sender_is_refused_before_it_is_sent(
    portal: Portal, alice: User
) -> None:
    with portal.connect() as line:
        line.sendall(head_of(NEW, size=40 * MB, cookie=session_of(alice)))
        answer = answer_to(line)
        assert answer.status == 422
        assert b"40 MB" in answer.read()
    assert Upload.objects.get().failure_code == "FILE_TOO_LARGE"


def test_a_form_that_is_no_upload_may_not_be_large(portal: Portal, admin: User) -> None:
    with portal.connect() as line:
        line.sendall(head_of("/admin/imports/upload/", size=9 * MB, cookie=session_of(admin)))
        answer = answer_to(line)
        assert answer.status == 413
        assert b"The request is too large" in answer.read()


def test_headers_may_not_be_large(portal: Portal) -> None:
    answer, _ = portal.ask("/login/", cookie="x" * 60 * KB)
    assert answer.status == 431


def test_a_request_brings_one_file(small_portal: Portal, alice: User) -> None:
    """Not twenty that are together as large as one may be."""
    files = [b"sku\n" + bytes([65 + n]) * 140 * KB for n in range(20)]
    cookies, body = form(small_portal, session_of(alice), *files)
    answer, _ = small_portal.ask(NEW, method="POST", cookie=cookies, body=body, kind=FORM)
    assert answer.status == 400
    assert not Upload.objects.exists()


@dataclass
class Sender:
    """Sends what its line takes, and keeps the last byte back until `ends`."""

    line: socket.socket
    head: bytes
    body: bytes
    ends = False
    sent = 0
    answer = b""

    def go_on(self) -> None:
        stream = self.head + self.body
        end = len(stream) if self.ends else len(stream) - 1
        with suppress(BlockingIOError):
            while self.sent < end:
                self.sent += self.line.send(stream[self.sent : self.sent + MB][: end - self.sent])
            self.answer = self.answer or self.line.recv(12)

    @property
    def is_there(self) -> bool:
        return self.sent == len(self.head) + len(self.body) - 1


def test_files_on_disk_are_bounded_together_and_all_get_in(
    small_portal: Portal, alice: User, categories: list[str]
) -> None:
    """Eight members send 2 MB each at once, where there is room for 4 MB."""
    cookies, body = form(small_portal, session_of(alice), b"sku\n" + b"x\n" * MB)
    head = head_of(NEW, size=len(body), cookie=cookies)
    with ExitStack() as stack:
        lines = [stack.enter_context(small_portal.connect()) for _ in range(8)]
        senders = [Sender(line, head, body) for line in lines]
        for line in lines:
            line.setblocking(False)

        def go_on(*, most: int) -> None:
            for sender in senders:
                sender.go_on()
            assert small_portal.bytes_on_disk() <= most

        def one_is_there() -> bool:
            go_on(most=ROOM)
            return any(sender.is_there for sender in senders)

        wait_until("a file is there but for its last byte", one_is_there)
        for sender in senders:
            sender.ends = True

        def all_are_answered() -> bool:
            go_on(most=3 * ROOM)  # Django writes a copy of each, and files fill whole blocks
            return all(sender.answer for sender in senders)

        wait_until("every file is answered", all_are_answered)
        assert {sender.answer for sender in senders} == {b"HTTP/1.1 422"}


API = "/api/v1/uploads"


def test_a_program_without_a_token_that_works_is_answered_before_the_body(
    portal: Portal, alice: User
) -> None:
    for more in ((), ("Authorization: Bearer vop_x",)):
        with portal.connect() as line:
            line.sendall(head_of(API, *more, size=500 * MB) + b"x" * 100 * KB)
            answer = answer_to(line)
            assert (answer.status, answer.headers["Connection"]) == (401, "close")
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert portal.bytes_on_disk() == 0


def test_a_program_s_body_is_read_if_its_size_is_known_and_allowed(
    small_portal: Portal, alice: User
) -> None:
    life = timedelta(days=1)
    vendor = alice.memberships.get().vendor
    scopes = [SEND_UPLOADS]
    _, token = tokens.create(vendor=vendor, name="x", scopes=scopes, life=life, by=alice)
    bearer = f"Authorization: Bearer {token}"

    def asked(path: str, *more: str, size: int = 0, body: bytes = b"") -> int:
        head = head_of(path, bearer, *more, size=size).replace(FORM.encode(), b"text/csv")
        with small_portal.connect() as line:
            line.sendall(head + body)
            return answer_to(line).status

    assert asked(API, "Transfer-Encoding: chunked", body=b"fff\r\n" + b"x" * 0xFFF) == 411
    assert asked(API, size=LARGEST + MB, body=b"x" * KB) == 413
    assert asked("/api/v1/uploads:prepare", size=LARGEST, body=b"x" * KB) == 413
    assert not Upload.objects.exists()
    body = b"sku\n" + b"x" * 100 * KB
    assert asked(API, size=len(body), body=body) == 201
    assert Upload.objects.get().file_size == len(body)
