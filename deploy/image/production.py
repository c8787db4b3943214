"""The image with the settings of a deployment: HTTPS, and the static files it contains."""

import json
import re
import time
from urllib.request import ProxyHandler, Request, build_opener

from deploy.image.build import APPLICATION, CONFINED
from deploy.image.docker import docker
from deploy.image.findings import Findings
from deploy.image.trial import PROJECT, compose

NAME = f"{PROJECT}-production"
BESIDE = ("--network", f"{PROJECT}_default", "--publish", "127.0.0.1::8000")
STYLE = re.compile(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"')


def web(findings: Findings) -> None:
    """Run its default command beside the composed system; send a load balancer's requests."""
    described = json.loads(compose("config", "--format", "json"))["services"]["web"]["environment"]
    # In compose, web reaches the emulator on localhost.
    settings = described | {"LOCAL": "0", "AWS_ENDPOINT_URL": "http://aws:4566"}
    given = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    docker("run", "--detach", "--name", NAME, *CONFINED, *BESIDE, *given, APPLICATION)
    try:
        address = f"http://{docker('port', NAME, '8000')}"
        _, page = _ask_patiently(f"{address}/login/")
        style = STYLE.search(page)
        kept, _ = _ask_patiently(address + style[1]) if style else ("", "")
        seen = f"{style[1] if style else 'none'}, {kept}"
        findings.note("with LOCAL=0, a hashed static file", seen, ok="immutable" in kept)
    except BaseException:
        findings.note("with LOCAL=0", docker("logs", NAME), ok=False)
        raise
    finally:
        docker("rm", "--force", NAME)


def _ask_patiently(url: str) -> tuple[str, str]:
    """Cache-Control and text of the response. Raises OSError after 30 s without one."""
    request = Request(url, headers={"X-Forwarded-Proto": "https"})  # noqa: S310 (ours)
    deadline = time.monotonic() + 30
    while True:
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
                return answer.headers.get("Cache-Control", ""), answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
