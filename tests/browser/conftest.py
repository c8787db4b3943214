"""The whole system, as `make up` starts it, and a browser in front of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from deploy.local import migrated
from deploy.local.places import Places
from tests.ports import held_port

ROOT = Path(__file__).resolve().parents[2]
# The shell renders as Chromium does, for less of the CPU: it has nothing of a person's window.
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = next((each for each in BROWSERS if Path(each).exists()), BROWSERS[0])
HANG = 120  # seconds that nothing takes, also on a busy machine
expect.set_options(timeout=HANG * 1_000)
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
# What a person's shell has; nothing of the servers that these tests themselves run on.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running system of its own: what `.local/stack.json` says."""
    place = tmp_path_factory.mktemp("stack")
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["LOCAL_DIR"] = str(place)

    def command(name: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "deploy.local", name],
            cwd=ROOT,
            env=environment,
            check=True,
            timeout=5 * HANG,
            stdout=subprocess.DEVNULL,
        )

    # Ports that it only looked up could be taken by another test before its servers listen.
    with held_port() as web, held_port() as postgres, held_port() as aws:
        ports = {"WEB_PORT": web, "POSTGRES_PORT": postgres, "AWS_PORT": aws}
        environment |= {name: str(port) for name, port in ports.items()}
        migrated.prepare(Places(place), postgres)
        command("up")
        try:
            yield json.loads((place / "stack.json").read_text())
        finally:
            command("down")


def printed_in(stack: dict[str, Any], module: str) -> str:
    """What this module of the tests prints, which runs as a process of the system."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["LOCAL_DIR"] = str(Path(stack["log_dir"]).parent)
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. For a module, not for the session: while it is open, Playwright's event loop runs
    in this thread, and no test could run one of its own."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed; .ci/run installs it from Debian")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield chromium
        chromium.close()


def follow(link: Locator) -> None:
    """Click it and wait for its page: what comes next may see the page before."""
    with link.page.expect_navigation():
        link.click()


class Visitor:
    """A person with a browser: one window, and everything the browser complained about."""

    def __init__(self, context: BrowserContext, stack: dict[str, Any]) -> None:
        self.stack = stack
        self.url = stack["portal_url"]
        context.set_default_timeout(HANG * 1_000)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self._console(line.type, line.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def log_in(self, who: str, path: str = "/login/") -> None:
        login = self.stack["logins"][who]
        self.go(path)
        self.page.fill("input[name=username]", login["username"])
        self.page.fill("input[name=password]", login["password"])
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)


Visit = Callable[..., Visitor]

# Both widths and both color schemes: what depends on one does not depend on the other.
SCREENS = pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])


@pytest.fixture(scope="package")
def sessions() -> dict[str, Any]:
    """The cookies of the demo's people, by their names: each of them logs in once, which takes
    longer than most pages, and returns to every test."""
    return {}


@pytest.fixture
def visit(browser: Browser, stack: dict[str, Any], sessions: dict[str, Any]) -> Iterator[Visit]:
    """Opens windows: `visit()`, `visit("vendor")` logged in, `visit(java_script_enabled=False)`."""
    visitors: list[Visitor] = []
    contexts: list[BrowserContext] = []

    def open_window(who: str | None = None, **options: Any) -> Visitor:
        size = {"width": 1280, "height": 900}
        usual: dict[str, Any] = {"viewport": size, "storage_state": sessions.get(who or "")}
        context = browser.new_context(**usual | options)
        contexts.append(context)
        visitors.append(Visitor(context, stack))
        if who:
            visitors[-1].go("/")
            if "/login" in visitors[-1].page.url:
                visitors[-1].log_in(who)
                sessions[who] = context.storage_state()
        return visitors[-1]

    yield open_window
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for context in contexts:
        context.close()
    assert not complaints  # no script error, no breach of the content security policy
