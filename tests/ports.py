"""Ports for servers that a test starts itself."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """A port of 127.0.0.1 that only a server that asks for it by number gets.

    A port that was only looked up may be given to another test while our server starts, whose
    answers are then taken for our server's. This one is bound all the time, but does not listen:
    the system gives it to no one else, and a server that binds with SO_REUSEADDR may listen on it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
