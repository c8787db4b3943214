"""An emulator for one test that creates whole stacks, stricter than that of all others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.local import aws, embedded
from deploy.local.bootstrap import client

PROGRAM = Path(__file__).with_name("strict_emulator.py")


@contextmanager
def emulator() -> Iterator[str]:
    """Run it; yield its endpoint."""
    with ExitStack() as cleanup:
        places = embedded.own_places(embedded.TEST_RUNS, cleanup)
        port = embedded.ports(places, "aws")["aws"]
        process = aws.prepare(places, port, durable=False)
        python, program = process.command
        embedded.run(replace(process, command=(python, str(PROGRAM), program)), places)
        yield aws.endpoint(port)


class Session:
    """As boto3's, for the emulator."""

    def __init__(self, endpoint: str) -> None:
        self.client: Callable[[str], Any] = lambda service: client(service, endpoint)
