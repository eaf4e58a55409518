"""The twin's socket: one line of JSON in, one line of JSON out, for whoever may enter its directory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from twin.asks import Desk
from twin.client import LINE_BYTES_MAX, socket_path

CONNECTIONS_MAX = 32
"""Open connections: people and tools of one machine; more would only be forgotten ones."""


@contextlib.asynccontextmanager
async def listening(directory: Path, desk: Desk) -> AsyncIterator[None]:
    """Answer on the socket in `directory`, which has to be locked by its store: an old socket is removed."""
    path = socket_path(directory)
    path.unlink(missing_ok=True)
    talking: dict[asyncio.StreamWriter, asyncio.Event] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = asyncio.Event()
        try:
            if len(talking) < CONNECTIONS_MAX:
                talking[writer] = over
                await _talk(reader, writer, desk)
        finally:
            talking.pop(writer, None)
            writer.close()
            over.set()

    server = await asyncio.start_unix_server(talk, path, limit=LINE_BYTES_MAX)
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        # A talk ends when its connection does, and not before what it has asked for is answered.
        for writer, over in list(talking.items()):
            writer.transport.abort()
            await over.wait()
        path.unlink(missing_ok=True)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, desk: Desk) -> None:
    """Answer line after line until the other side has enough."""
    with contextlib.suppress(ConnectionError):
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                # The rest of a line that is too long cannot be told from the next one.
                answer: object = {"error": f"a request has at most {LINE_BYTES_MAX} bytes"}
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
                return
            if not line.endswith(b"\n"):
                return
            writer.write(msgspec.json.encode(await desk.answer(line)) + b"\n")
            await writer.drain()
