"""Stand-ins for what is before the portal: the load balancer, or API Gateway."""

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from deploy.aws.templates import Layout
from tests.deploy.running.fargate import Task

CLIENT = "203.0.113.7"
GATEWAY_BYTES = 10 * 1024 * 1024
GATEWAY_SECONDS = 30
BALANCER_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Front:
    """`running` gives the tasks of a service."""

    def __init__(self, layout: Layout, running: Callable[[str], list[Task]]) -> None:
        ((self.service, target),) = (
            (name, targets[0])
            for name, said in layout.services().items()
            if (targets := said.get("LoadBalancers") or said.get("ServiceRegistries"))
        )
        self.port: int = target["ContainerPort"]
        self._running = running
        self._turn = count()
        self._gateway = [*layout.find("ApiGatewayV2::Integration").values()]

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        """Pass a request on to a task, each time to the next. Names of headers in lower case."""
        if self._gateway and len(body) > GATEWAY_BYTES:
            return made_up(413)
        tasks = self._running(self.service)
        if not tasks:
            return made_up(503)
        address = tasks[next(self._turn) % len(tasks)].address
        seconds = GATEWAY_SECONDS if self._gateway else BALANCER_SECONDS
        connection = http.client.HTTPConnection(address, self.port, timeout=seconds)
        try:
            own = {name.lower(): value for name, value in self._own(headers).items()}
            connection.request(method, path, body or None, headers | own)
            answer = connection.getresponse()
            content = answer.read()
            if self._gateway and len(content) > GATEWAY_BYTES:
                return made_up(500)
            return Answer(answer.status, answer.headers, content)
        except TimeoutError:
            return made_up(504)
        except OSError:
            return made_up(502)
        finally:
            connection.close()

    def _own(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that it sets."""
        if self._gateway:
            said = self._gateway[0]["RequestParameters"]
            return {
                name.removeprefix("overwrite:header."): value.replace(
                    "$context.identity.sourceIp", CLIENT
                )
                for name, value in said.items()
            }
        forwarded = filter(None, (headers.get("x-forwarded-for"), CLIENT))
        return {
            "X-Forwarded-For": ", ".join(forwarded),
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Port": "443",
        }


def made_up(status: int) -> Answer:
    return Answer(status, http.client.HTTPMessage(), b"")
