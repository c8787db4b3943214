"""Webhooks under faults: a vendor's address in a world, and I13, which its program checks."""

import re
from collections import defaultdict
from collections.abc import Iterator

from tests.faults.cases import Case
from tests.faults.people import Person
from tests.imports.webhooks.receiver import Receiver

ENDS = ("upload.finished", "upload.refused", "upload.undone")
NUMBER = re.compile(r"/account/webhooks/([0-9]+)/")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def add_webhook(person: Person, url: str) -> tuple[int, str]:
    """An address for all events of files; its number and its secret. It is sent a ping."""
    page = person.post("/account/webhooks/", {"url": url, "events": ["upload.received", *ENDS]})
    number, secret = NUMBER.search(page.url), SECRET.search(page.text)
    assert number, page
    assert secret, page
    return int(number[1]), secret[0]


def is_delivered(case: Case, number: int) -> bool:
    """Whether all runs have ended and the address has been sent everything."""
    deliveries = case.world.rows(
        "SELECT state FROM webhook_deliveries WHERE endpoint_id = %s", [number]
    )
    return {row["state"] for row in deliveries} == {"delivered"}


def said_once(case: Case, number: int, secret: str, receiver: Receiver) -> Iterator[str]:
    """I13: what the address heard, however often, is each event once, by ID and by content: every
    file that arrived, and how every run has ended."""
    bodies = defaultdict(set)
    for heard in receiver.heard:
        heard.verified(secret)
        bodies[heard.message_id].add(heard.body)
    yield from (f"I13 {each} has several bodies" for each, all_ in bodies.items() if len(all_) > 1)
    stored = case.world.rows(
        "SELECT message_id FROM webhook_deliveries WHERE endpoint_id = %s", [number]
    )
    if {row["message_id"] for row in stored} != bodies.keys():
        yield f"I13 stored are {stored}, heard was {sorted(bodies)}"

    said = defaultdict(list)
    for heard in {heard.message_id: heard for heard in receiver.heard}.values():
        event = heard.verified(secret)
        if event["type"] == "ping":
            continue
        run = event["data"].get("run", 0) if event["type"] in ENDS else 0
        said[event["data"]["upload_id"], run].append(event)
    expected = {
        (upload["upload_id"], run)
        for upload in case.uploads()
        if upload["vendor_prefix"] == case.vendor()
        for run in range(0 if upload["s3_version"] else 1, upload["run"] + 1)
    }
    if said.keys() != expected:
        yield f"I13 heard of {sorted(said)}, expected {sorted(expected)}"
    yield from (f"I13 {each} was said {len(all_)} times" for each, all_ in said.items() if all_[1:])
    final = {upload["upload_id"]: upload for upload in case.uploads()}
    for (upload_id, run), [event, *_] in said.items():
        upload = final[upload_id]
        if run == upload["run"] and event["data"]["status"] != upload["status"]:
            yield f"I13 {upload_id} ended {upload['status']}, said was {event['data']['status']}"
