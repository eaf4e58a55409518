"""A wire with faults that `demo.proxy` does not have: deaf one way, cut after so many bytes, slow, closed by halves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import NamedTuple

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536
SLICE_BYTES = 64
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing sends RST (socket(7))."""


class Faults(NamedTuple):
    """What is wrong with the wire; nothing by default."""

    deaf_up: bool = False
    """Nothing of what the daemon sends comes through, and nobody says so."""
    deaf_down: bool = False
    cut_after: int = 0
    """Each connection is reset after so many bytes; 0 for never."""
    bytes_s: float = 0.0
    """So many bytes a second, in small slices; 0 for as fast as it goes."""
    half_closed: bool = False
    """The broker's side says that it will send no more, and goes on listening."""


class Wire:
    """A listening wire on a free port of the loopback interface."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.faults = Faults()
        self.address = (HOST, 0)
        self._target = target
        self._talks: set[asyncio.Task[None]] = set()
        self._halves: set[asyncio.StreamWriter] = set()
        self._carried = 0

    def set(self, faults: Faults) -> None:
        """Change what is wrong, for open connections too."""
        self.faults = faults
        if faults.half_closed:
            for writer in self._halves:
                with contextlib.suppress(OSError):
                    writer.write_eof()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self._carried = 0
        try:
            with contextlib.suppress(OSError):
                await self._between(reader, writer, *await asyncio.open_connection(*self._target))
        except asyncio.CancelledError:
            return
        finally:
            self._talks.discard(task)
            self._halves.discard(writer)
            writer.transport.abort()

    async def _between(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: asyncio.StreamReader,
        onward: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        for one in (writer, onward):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._halves.add(writer)
        ways = [
            asyncio.ensure_future(self._carry(reader, onward, up=True)),
            asyncio.ensure_future(self._carry(behind, writer, up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            if self.faults.cut_after:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            onward.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            faults = self.faults
            if (faults.deaf_up if up else faults.deaf_down) or (faults.half_closed and not up):
                continue
            self._carried += len(chunk)
            if faults.cut_after and self._carried > faults.cut_after:
                return
            for at in range(0, len(chunk), SLICE_BYTES if faults.bytes_s else CHUNK_BYTES):
                piece = chunk[at : at + SLICE_BYTES] if faults.bytes_s else chunk
                if faults.bytes_s:
                    await asyncio.sleep(len(piece) / faults.bytes_s)
                writer.write(piece)
                await writer.drain()

    async def close(self) -> None:
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@contextlib.asynccontextmanager
async def wire_to(host: str, port: int) -> AsyncIterator[Wire]:
    """A wire to `host`:`port` without faults."""
    wire = Wire((host, port))
    server = await asyncio.start_server(wire.talk, HOST, 0)
    wire.address = server.sockets[0].getsockname()
    try:
        yield wire
    finally:
        server.close()
        await wire.close()
