"""A proxy in front of a server, which can be taken down."""

import asyncio
from abc import ABC, abstractmethod


class Proxy(ABC):
    """Listens on `port` for clients of the server at `upstream`, both on this machine."""

    host = "127.0.0.1"

    def __init__(self, upstream: int, port: int) -> None:
        self.upstream = upstream
        self.port = port
        self.open: set[asyncio.StreamWriter] = set()  # connections, which `stop` cuts
        self._server: asyncio.Server | None = None

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""

    @property
    def is_up(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is in use."""
        self._server = await asyncio.start_server(self.serve, self.host, self.port)

    async def stop(self) -> None:
        """Refuse connections and cut the open ones, like a host that is down."""
        server, self._server = self._server, None
        if server:
            # A connection accepted while the server closes would be left half open. So first accept
            # no more, then let the loop finish the ones in progress.
            for listener in server.sockets:
                asyncio.get_running_loop().remove_reader(listener.fileno())
            await asyncio.sleep(0.02)
            server.close()
        for _ in range(3):
            for writer in list(self.open):
                writer.transport.abort()
            await asyncio.sleep(0.02)
