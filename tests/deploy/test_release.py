"""The order of a release, and how a stack is created, changed and left unchanged."""

import json
import re
import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import trustme

from deploy.aws import portal, release, stacks
from deploy.aws.preflight.findings import Finding
from deploy.aws.templates import STACKS, Layout

DIGEST = "sha256:" + "0" * 64


class Recorder:
    """A target that records its steps; the step `breaks_at` fails."""

    def __init__(self, breaks_at: str = "", before: str = "") -> None:
        self.done: list[str] = []
        self._breaks_at = breaks_at
        self._before = before

    def _note(self, what: str) -> None:
        if what == self._breaks_at:
            raise stacks.NotReleased(what)
        self.done.append(what)

    def check(self) -> None:
        self._note("check")

    def create_secrets(self) -> None:
        self._note("create_secrets")

    def stack(self, name: str, *, image: str = "") -> None:
        self._note(f"{name} {image}".strip())

    def set_image(self, name: str, image: str) -> None:
        self._note(f"{name} unchanged, {image}")

    def push(self) -> str:
        self._note("push")
        return "new"

    def address(self, digest: str) -> str:
        return f"image@{digest}"

    def migrate(self) -> None:
        self._note("migrate")

    def running_image(self) -> str:
        return self._before

    def wait_for_portal(self) -> None:
        self._note("wait_for_portal")

    def send_canary(self) -> None:
        self._note("send_canary")


STEPS = [
    *("check", "create_secrets", "data", "network", "database", "base", "push"),
    *("migrate new", "migrate", "workers new", "web new", "watch"),
    *("wait_for_portal", "send_canary"),
]


def test_the_database_is_ready_before_the_services_and_workers_before_the_web() -> None:
    target = Recorder()
    release.deploy(target)
    assert target.done == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_step_ends_the_release(step: str) -> None:
    target = Recorder(breaks_at=step)
    with pytest.raises(stacks.NotReleased):
        release.deploy(target)
    assert target.done == STEPS[: STEPS.index(step)]


def test_a_rollback_begins_with_the_web_and_leaves_the_database() -> None:
    target = Recorder()
    release.roll_back(target, DIGEST)
    assert target.done == [
        f"web unchanged, image@{DIGEST}",
        f"workers unchanged, image@{DIGEST}",
        *("wait_for_portal", "send_canary"),
    ]


@pytest.mark.parametrize("check", ["wait_for_portal", "send_canary"])
def test_a_release_that_does_not_work_is_rolled_back(check: str) -> None:
    target = Recorder(breaks_at=check, before="image@old")
    with pytest.raises(stacks.NotReleased, match=f"{check}. Rolled back: .*image@old again"):
        release.deploy(target)
    assert target.done[STEPS.index(check) :] == [
        "web unchanged, image@old",
        "workers unchanged, image@old",
    ]


@pytest.mark.parametrize("before", ["", "new"])
def test_the_first_release_and_a_repeated_one_have_nothing_to_roll_back_to(before: str) -> None:
    target = Recorder(breaks_at="send_canary", before=before)
    with pytest.raises(stacks.NotReleased, match="no earlier image"):
        release.deploy(target)
    assert target.done == STEPS[:-1]


def test_a_release_stops_before_it_changes_anything_if_something_must_be_corrected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note = Finding("a note", "A rule.", "A remedy.", is_note=True)
    release.proceed([note])
    with pytest.raises(stacks.NotReleased, match="nothing was changed"):
        release.proceed([note, Finding("a stop", "A rule.", "A remedy.")])
    assert "stop: a stop" in capsys.readouterr().err


class Pages(NamedTuple):
    """Where a portal is, and the statuses that each page answers in turn, the last one for good."""

    address: str
    statuses: dict[str, list[int]]
    server: ThreadingHTTPServer


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    answers = {page: [200] for page in portal.PAGES}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            statuses = answers[self.path]
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Not into the output of the tests."""

    monkeypatch.setattr(portal, "PAUSE_SECONDS", 0.01)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Pages(f"http://127.0.0.1:{server.server_port}", answers, server)
        server.shutdown()


def test_a_portal_answers_when_all_its_pages_do(pages: Pages) -> None:
    pages.statuses["/login/"] = [503, 503, 200]
    portal.wait_for(pages.address, seconds=60)
    assert pages.statuses["/login/"] == [200]


@pytest.mark.parametrize("page", portal.PAGES)
def test_one_page_that_does_not_answer_is_named(pages: Pages, page: str) -> None:
    pages.statuses[page] = [503]
    with pytest.raises(stacks.NotReleased, match=f"{page}: HTTPError: .*503"):
        portal.wait_for(pages.address, seconds=0)


def test_an_error_without_a_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr("urllib.request.OpenerDirector.open", fail)
    assert portal.asked("https://portal.test/") == "ConnectionResetError: "


def test_a_stack_uses_only_exports_of_earlier_stacks(layout: Layout) -> None:
    exported: set[str] = set()
    stacks = list(dict.fromkeys(step.split()[0] for step in STEPS if step.split()[0] in STACKS))
    assert stacks == list(STACKS)
    for stack in stacks:
        written = layout.path(stack).read_text()
        used = set(re.findall(r'"Fn::ImportValue": "(.+?)"', written))
        assert used <= exported, stack
        for output in layout.template(stack).get("Outputs", {}).values():
            exported |= {output["Export"]["Name"]} if "Export" in output else set()


def test_a_portal_is_asked_at_its_host_before_dns_knows_it(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With its certificate checked for the name that it will have."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("portal.trial.test").configure_cert(server)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    pages.server.socket = server.wrap_socket(pages.server.socket, server_side=True)
    host = pages.address.removeprefix("http://")
    assert "CERTIFICATE_VERIFY_FAILED" in portal.asked("https://portal.trial.test/login/", host)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    portal.wait_for("https://portal.trial.test", seconds=0, host=host)
    assert "Hostname mismatch" in portal.asked("https://other.trial.test/login/", host)


@pytest.fixture
def account(
    aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> release.Account:
    """The emulator as the account, with a stack of one queue that is tagged with the image."""
    template = {
        "Parameters": {"Image": {"Type": "String"}},
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "released",
                    "Tags": [{"Key": "i", "Value": {"Ref": "Image"}}],
                },
            }
        },
        "Outputs": {"Image": {"Value": {"Ref": "Image"}}},
    }
    (tmp_path / "released-web.template.json").write_text(json.dumps(template))
    monkeypatch.setattr(stacks, "PAUSE_SECONDS", 0.01)

    class Session:
        client = staticmethod(aws)

    return release.Account("released", "portal.example", tmp_path, Session())


def test_a_stack_is_created_updated_and_given_another_image(
    account: release.Account, aws: Callable[[str], Any]
) -> None:
    try:
        account.stack("web", image="first")
        assert account.outputs("web") == {"Image": "first"}
        account.stack("web", image="first")
        account.set_image("web", "second")
        assert account.outputs("web") == {"Image": "second"}
    finally:
        aws("cloudformation").delete_stack(StackName="released-web")


def test_a_stack_that_cannot_be_created_reports_why(
    account: release.Account, tmp_path: Path, aws: Callable[[str], Any]
) -> None:
    broken = {
        "Resources": {
            "Policy": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "x",
                    "VisibilityTimeout": {"Fn::GetAtt": ["No", "One"]},
                },
            }
        }
    }
    (tmp_path / "released-web.template.json").write_text(json.dumps(broken))
    try:
        with pytest.raises(
            stacks.NotReleased,
            match=r"released-web is ROLLBACK_COMPLETE: Policy \(AWS::SQS::Queue\): ",
        ):
            account.stack("web")
    finally:
        aws("cloudformation").delete_stack(StackName="released-web")


def test_templates_fit_into_one_request(layout: Layout) -> None:
    for path in layout.directory.glob("*.template.json"):
        body = json.dumps(json.loads(path.read_text()), separators=(",", ":"))
        assert len(body.encode()) <= 51_200, path.name
