"""A proxy in front of PostgreSQL that can be down, and can cut a connection inside COMMIT."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.proxy import Proxy

COMMIT = b"COMMIT\x00"
BEGIN = b"BEGIN\x00"


@dataclass
class Cut:
    """Cuts one connection at its COMMIT: after the server has executed it, or before.

    Only for transactions in which a statement contains `having`.
    """

    having: bytes
    committed: bool
    done: bool = False


class PgFaults(Proxy):
    """Forwards to the server at `upstream`."""

    def __init__(self, upstream: int, port: int) -> None:
        super().__init__(upstream, port)
        self.cuts: list[Cut] = []
        self.accepted = 0  # connections so far

    def cut_commit(self, *, having: bytes, committed: bool) -> Cut:
        """Cut the next COMMIT of a transaction with `having`, after or before it is executed."""
        cut = Cut(having, committed)
        self.cuts.append(cut)
        return cut

    @property
    def has_clients(self) -> bool:
        """Whether any connection is open."""
        return bool(self.open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            source, sink = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, sink)
        self.open.update(ends)
        swallow = asyncio.Event()
        try:
            await asyncio.gather(
                self._to_server(reader, sink, swallow),
                self._pass(source, writer, swallow.is_set),
            )
        except (OSError, Hung):
            pass
        finally:
            self.open.difference_update(ends)
            for end in ends:
                end.transport.abort()

    async def _to_server(
        self, reader: asyncio.StreamReader, sink: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        said = b""
        while chunk := await reader.read(65536):
            said = chunk if BEGIN in chunk else said + chunk
            if COMMIT in chunk and (cut := self._cut_for(said)):
                cut.done = True
                if not cut.committed:
                    raise Hung
                swallow.set()  # drop the server's answer
            sink.write(chunk)
            await sink.drain()
            if COMMIT in chunk:
                said = b""
        sink.write_eof()

    def _cut_for(self, said: bytes) -> Cut | None:
        return next((cut for cut in self.cuts if not cut.done and cut.having in said), None)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        swallows: Callable[[], bool],
    ) -> None:
        while chunk := await source.read(65536):
            if swallows():
                raise Hung
            writer.write(chunk)
            await writer.drain()
        raise Hung


class Hung(Exception):
    """Close this connection."""
