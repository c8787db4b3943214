"""TLS before PostgreSQL, which the embedded server lacks; and proxies that run in a thread."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import trustme

from tests.faults.proxy import Proxy

WANTS_TLS = bytes.fromhex("0000000804d2162f")  # SSLRequest, the first message of a client
YES = b"S"


class Tls(Proxy):
    """Listens for clients with TLS only; shows them a certificate for `name`.

    The server is at the address `server`, on the same port. `authorities` becomes the file of the
    only certificate authority that vouches for the certificate.
    """

    def __init__(self, host: str, server: str, port: int, name: str, authorities: Path) -> None:
        super().__init__(port, port)
        self.host = host
        self._server_at = server
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(authorities))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self._context)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            if await reader.readexactly(len(WANTS_TLS)) == WANTS_TLS:
                writer.write(YES)
                await writer.drain()
                await writer.start_tls(self._context)
                await self._forward(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has disconnected
        finally:
            self.open.discard(writer)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source, sink = await asyncio.open_connection(self._server_at, self.upstream)
        ways = [asyncio.create_task(pump(*way)) for way in ((reader, sink), (source, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            sink.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()


@contextmanager
def serving(proxy: Proxy) -> Iterator[None]:
    """Run the proxy in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end() -> None:
        await proxy.stop()
        ours = asyncio.all_tasks() - {asyncio.current_task()}
        if ours:
            await asyncio.wait(ours, timeout=5)

    try:
        asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(30)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
