"""A wire that can be cut: a TCP proxy between the daemon and the broker."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
from collections.abc import AsyncIterator

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends RST (socket(7))."""


class Mode(enum.StrEnum):
    """What the wire does."""

    PASS = "pass"  # noqa: S105 - a way, not a word
    """All is well."""
    REFUSE = "refuse"
    """Open connections are reset, new ones refused: the other end is down."""
    BLACKHOLE = "blackhole"
    """Connections are made and kept, and nothing comes through until the mode changes: the way is dead, and nobody says
    so. Like TCP itself it delivers afterwards what was sent meanwhile."""
    DELAY = "delay"
    """Everything comes through late."""


class Proxy:
    """A listening proxy on a free port of the loopback interface."""

    def __init__(self, host: str, port: int) -> None:
        self.host = HOST
        self.mode = Mode.PASS
        self.delay_s = 0.0
        self._target = (host, port)
        # Never listens itself: it keeps the port ours while nobody listens, so that connecting is refused.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()

    async def set_mode(self, mode: Mode, delay_s: float = 0.0) -> None:
        """Change what the wire does, for open connections too; `delay_s` is for `DELAY`, one way."""
        self.mode, self.delay_s = mode, delay_s
        if mode is Mode.REFUSE:
            await self._refuse()
            return
        if mode is Mode.BLACKHOLE:
            self._open.clear()
        else:
            self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._talk, sock=_bound(self.port))

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def close(self) -> None:
        """End all connections and give the port back."""
        try:
            await self._refuse()
        finally:
            self._holder.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - tells the type checker
        self._talks.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._open.wait()
                onward = await asyncio.open_connection(*self._target)
                try:
                    await self._between((reader, writer), onward)
                finally:
                    _end(onward[1], reset=self.mode is Mode.REFUSE)
        except asyncio.CancelledError:
            # Not handed on: the server that made this task has nobody who would want to know.
            return
        finally:
            self._talks.discard(task)
            _end(writer, reset=self.mode is Mode.REFUSE)

    async def _between(self, one: _Stream, other: _Stream) -> None:
        """Carry bytes both ways until either side ends."""
        for _, writer in (one, other):
            # What is sent in two parts would otherwise wait for an acknowledgement in between: 40 ms a message.
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = [
            asyncio.ensure_future(self._carry(one[0], other[1])),
            asyncio.ensure_future(self._carry(other[0], one[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                chunk = await reader.read(CHUNK_BYTES)
            except ConnectionError:
                chunk = b""
            if self.mode is Mode.DELAY:
                await asyncio.sleep(self.delay_s)
            # A dead way does not even tell that the other side has hung up.
            await self._open.wait()
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def proxy_to(host: str, port: int) -> AsyncIterator[Proxy]:
    """A proxy to `host`:`port` that passes everything until told otherwise."""
    proxy = Proxy(host, port)
    try:
        await proxy.set_mode(Mode.PASS)
        yield proxy
    finally:
        await proxy.close()


def _bound(port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((HOST, port))
    return one


def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
    else:
        writer.close()
