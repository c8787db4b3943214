"""Runs docker-compose.yml with the built images: imports files and stops every service."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.image.build import CONFINED, USER
from deploy.image.docker import docker, say
from deploy.image.findings import Findings
from deploy.image.portal import Portal
from deploy.local.demo_logins import DEMO_LOGINS
from deploy.local.places import CHECKOUT

PROJECT = "onboarding-trial"
SERVICES = ("web", "forwarder", "worker", "maintenance", "mail", "webhooks", "beat")
TIMEOUT_SECONDS = 120  # for uploads on a busy machine
LONG_FILES = 12  # of 10,000 rows: seconds of work

COLUMNS = "vendor_product_id,product_name,category,sku,price,stock_quantity"


def compose(*arguments: str, given: str = "") -> str:
    place = ("-p", PROJECT, "-f", str(CHECKOUT / "docker-compose.yml"))
    return docker("compose", *place, *arguments, given=given)


@contextmanager
def system(base: str, postgres: str) -> Iterator[Portal]:
    """The composed system, ready to use; removed completely afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    os.environ |= {"BASE_IMAGE": base, "POSTGRES_IMAGE": postgres, "WEB_PORT": port}
    began = time.monotonic()
    try:
        compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", "180")
        say(f"All services healthy after {time.monotonic() - began:.0f} s")
        yield Portal(f"http://localhost:{port}")
    except BaseException:
        say(compose("logs", "--no-color", "--tail", "60"))
        raise
    finally:
        compose("down", "--volumes", "--timeout", "5")


def confinement(findings: Findings) -> None:
    for service in SERVICES:
        box = json.loads(docker("inspect", _container(service)))[0]
        host = box["HostConfig"]
        user, written = box["Config"]["User"], list(host["Tmpfs"])
        read_only, dropped = host["ReadonlyRootfs"], host["CapDrop"]
        seen = f"user {user}, read-only root {read_only}, tmpfs {written}, without {dropped}"
        tight = (user, read_only, written, dropped) == (USER, True, [CONFINED[-1]], ["ALL"])
        findings.note(service, seen, ok=tight)


def imports(findings: Findings, portal: Portal) -> None:
    """Send one file each way and check the results in the database."""
    dropped = _ended("file_name = 'sample.csv'")
    findings.note("file put into the bucket", dropped, ok=dropped == "partial|22|16|6")

    portal.log_in(**DEMO_LOGINS["vendor"])
    upload_id = portal.send("form.csv", file_of("FORM", good=1000, bad=3))
    sent = _ended(f"upload_id = '{upload_id}'")
    findings.note("file uploaded with the form", sent, ok=sent == "partial|1003|1000|3")
    report = portal.get(f"/uploads/{upload_id}/errors.csv").splitlines()
    findings.note("its error report", f"{len(report)} lines", ok=len(report) == 1 + 3)

    script = "cat >/tmp/in.csv && python manage.py import_file /tmp/in.csv --vendor VEND001 --json"
    printed = compose("exec", "-T", "web", "sh", "-c", script, given=file_of("COMMAND", good=50))
    result = json.loads(printed)
    seen = f"{result['status']}, {result['valid_records']} rows in {result['seconds']} s"
    findings.note("import_file --json", seen, ok=result["status"] == "completed")


def stops(findings: Findings, portal: Portal) -> None:
    """Stop a worker in the middle of its work, and every service when idle."""
    compose("pause", "worker")  # until all files are uploaded
    for number in range(LONG_FILES):
        portal.send(f"long-{number}.csv", file_of(f"LONG{number}", good=10_000))
    these = "file_name LIKE 'long-%'"
    compose("unpause", "worker")
    _until(these, "count(started_at) > 0")
    _stop(findings, "worker")
    ended = int(_asked(these, "count(completed_at)"))
    findings.note("files left for the next worker", LONG_FILES - ended, ok=ended < LONG_FILES)
    compose("start", "worker")
    _until(these, f"count(completed_at) = {LONG_FILES}")
    rows = _asked(these, "sum(valid_records), sum(error_records)")
    findings.note("rows of all these files", rows, ok=rows == f"{LONG_FILES}0000|0")
    for service in SERVICES:
        _stop(findings, service)


def _stop(findings: Findings, service: str) -> None:
    began = time.monotonic()
    compose("stop", service)
    seconds = time.monotonic() - began
    box = json.loads(docker("inspect", _container(service)))[0]
    code, grace = box["State"]["ExitCode"], box["Config"]["StopTimeout"]
    seen = f"{seconds:.1f} s of {grace} s, exit code {code}"
    findings.note(f"stopping {service}", seen, ok=code == 0 and seconds < grace)


def _container(service: str) -> str:
    return compose("ps", "--all", "--quiet", service)


def _asked(which: str, what: str = "status, total_records, valid_records, error_records") -> str:
    query = f"SELECT {what} FROM upload_history WHERE {which}"  # noqa: S608 (ours alone)
    return compose("exec", "-T", "postgres", "psql", "-U", "app", "-d", "onboarding", "-Atc", query)


def _until(which: str, is_so: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while _asked(which, is_so) != "t":
        if time.monotonic() > deadline:
            raise TimeoutError(f"{which}: {_asked(which) or 'not found'}")
        time.sleep(0.1)


def _ended(which: str) -> str:
    """The final status and counts of the upload. Raises TimeoutError."""
    _until(which, "count(completed_at) = 1")
    return _asked(which)


def file_of(prefix: str, *, good: int, bad: int = 0) -> str:
    """A file of products whose keys begin with the prefix; bad rows have an invalid price."""
    prices = ["19.99"] * good + ["dear"] * bad
    rows = (
        f"{prefix}-{number},Wireless mouse,Computer Accessories,SKU-{prefix}-{number},{price},150"
        for number, price in enumerate(prices)
    )
    return "\n".join((COLUMNS, *rows, ""))
