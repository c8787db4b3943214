"""Slow senders keep connections, and nothing else."""

import time
from threading import Event, Thread

from django.contrib.auth.models import User
from django.urls import reverse

from imports.models import Upload
from tests.attacks.portal import FORM, Portal, dripping, form, session_of
from tests.faults.spare_time import moments
from tests.product_files import csv_bytes, good_row

OF_EACH_KIND = 50
PROMPT = 1.0  # seconds
LINE = b"POST /login/ HTTP/1.1\r\n"
HEADERS = LINE + b"Host: 127.0.0.1\r\n"
KINDS = {
    "no bytes": b"",
    "half a request line": b"POST /log",
    "slow headers": HEADERS + b"X-Slow: ",
    "slow body": HEADERS + b"Content-Type: text/plain\r\nContent-Length: 9999\r\n\r\n",
}
MB = 1024 * 1024


def in_time(portal: Portal, path: str, cookie: str = "") -> None:
    """The page comes within a second; on a busy machine, in one of many tries."""
    for _ in moments(20):
        if portal.seconds(path, cookie) < PROMPT:
            return
    raise AssertionError(f"{path} takes longer than {PROMPT} s")


def test_two_hundred_slow_connections_hold_up_nobody(portal: Portal, alice: User) -> None:
    cookie = session_of(alice)
    with dripping(portal, [start for start in KINDS.values() for _ in range(OF_EACH_KIND)]):
        in_time(portal, "/healthz")
        in_time(portal, reverse("uploads"), cookie)


def test_members_with_slow_lines_hold_up_nobody_and_get_their_files_in(
    portal: Portal, alice: User, categories: list[str]
) -> None:
    """Four files of half a megabyte, each in 20 pieces: as many senders as there are threads."""
    cookie = session_of(alice)
    rows = csv_bytes([good_row(n, description="d" * 400) for n in range(1_000)])
    assert len(rows) > MB / 2.5
    cookies, body = form(portal, cookie, rows)
    head = (
        f"POST {reverse('new_upload')} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    step = len(body) // 20
    answers: list[bytes] = []
    asked = Event()

    def send_slowly() -> None:
        with portal.connect() as line:
            line.sendall(head.encode())
            for at in range(0, len(body) - 1, step):
                line.sendall(body[at : min(at + step, len(body) - 1)])
                time.sleep(0.1)
            asked.wait()  # until then the files are in transit
            line.sendall(body[-1:])
            answers.append(line.recv(1000))

    senders = [Thread(target=send_slowly) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        in_time(portal, "/healthz")
        in_time(portal, reverse("uploads"), cookie)
    finally:
        asked.set()  # also if a page was late: threads that wait would keep pytest from ending
        for sender in senders:
            sender.join()
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 303"] * 4
    assert Upload.objects.filter(vendor_id="VEND001", file_size=len(rows)).count() == 4
