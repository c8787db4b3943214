"""What stands in front of a server and can be away."""

import asyncio
from abc import ABC, abstractmethod


class Proxy(ABC):
    """Listens on `port` for clients of the server at `upstream`, both on this machine."""

    def __init__(self, upstream: int, port: int) -> None:
        self.upstream = upstream
        self.port = port
        self.open: set[asyncio.StreamWriter] = set()  # connections, to cut them when it goes away
        self._server: asyncio.Server | None = None

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on."""

    @property
    def is_up(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Refuse connections and cut the open ones, as a host that is down."""
        server, self._server = self._server, None
        if server:
            # A connection accepted in the round of the loop in which the server closes is lost
            # half made: no more of them first, then a round for those that are under way.
            for listener in server.sockets:
                asyncio.get_running_loop().remove_reader(listener.fileno())
            await asyncio.sleep(0.02)
            server.close()
        for _ in range(3):
            for writer in list(self.open):
                writer.transport.abort()
            await asyncio.sleep(0.02)
