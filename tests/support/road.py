"""Road: a TCP port that leads to a PostgreSQL, and can be closed, cut and silenced while others travel on it."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


class Road:
    """Runs in a thread of its own. `silence` lets nothing through, and tells nobody; `cut` breaks connections."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._path = parts.path
        self._port = 0
        self._travellers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._heard = asyncio.Event()
        self.lead_to(database_url)

    def lead_to(self, database_url: str) -> None:
        """Lead to this PostgreSQL from now on."""
        server = parse_qs(urlsplit(database_url).query)
        self._socket = f"{server['host'][0]}/.s.PGSQL.{server['port'][0]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._heard.set()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{self.address}{self._path}?sslmode=disable"

    def open(self) -> None:
        """Take travellers, on the same port as before."""

        async def open_() -> None:
            self._server = await asyncio.start_server(self._travel, "127.0.0.1", self._port)
            self._is_open = True
            self._port = self._server.sockets[0].getsockname()[1]

        self._do(open_())

    def close(self) -> None:
        """Break every connection, and take no new ones."""

        async def close_() -> None:
            self._is_open = False
            self._server.close()
            await self._cut()

        self._do(close_())
        self.speak()

    def cut(self) -> None:
        """Break every connection in the middle of whatever it carries."""
        self._do(self._cut())

    def babble(self) -> None:
        """Say to everybody what is not of the protocol."""
        self._do(self._babble())

    def silence(self) -> None:
        """Carry nothing any more, in either direction."""
        self._loop.call_soon_threadsafe(self._heard.clear)

    def speak(self) -> None:
        """Carry again, also what was held up."""
        self._loop.call_soon_threadsafe(self._heard.set)

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _cut(self) -> None:
        for writer in self._travellers:
            writer.transport.abort()
        self._travellers.clear()

    async def _babble(self) -> None:
        for writer in self._travellers:
            writer.write(b"?" * 30)

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._travellers.add(writer)
        await self._heard.wait()
        if not self._is_open or writer.transport.is_closing():
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.close()
            return
        self._travellers.add(far_writer)
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self._travellers -= {writer, far_writer}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._heard.wait()
                writer.write(data)
        writer.close()
