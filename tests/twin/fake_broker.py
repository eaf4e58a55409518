"""A broker of a few packets, for the moods that a real one does not have on demand."""

from __future__ import annotations

import asyncio
import contextlib

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14
V311, V5 = 4, 5


class FakeBroker:
    """Answers CONNECT, SUBSCRIBE and PUBLISH with the codes that a test sets; remembers what it was told."""

    def __init__(self):
        self.speaks = (V311, V5)
        self.silent = False
        self.subscribe_code = 1
        self.publish_code = 0
        self.levels = []
        self.published = asyncio.Queue()
        self.open = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def running(self):
        talks = set()

        async def talk(reader, writer):
            talks.add(writer)
            self.open += 1
            try:
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await self._talk(reader, writer)
            finally:
                self.open -= 1
                talks.discard(writer)
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in list(talks):
                writer.transport.abort()
            while self.open:  # noqa: ASYNC110 - the talks end in the next turns of the loop
                await asyncio.sleep(0)

    async def _talk(self, reader, writer):
        level = 0
        while True:
            head = (await reader.readexactly(1))[0]
            body = await reader.readexactly(await _length(reader))
            kind = head >> 4
            if kind == CONNECT:
                level = body[6]
                self.levels.append(level)
                if self.silent:
                    await reader.read()
                    return
                writer.write(_connack(level, accepted=level in self.speaks))
                if level not in self.speaks:
                    return
            elif kind == SUBSCRIBE:
                properties = b"\0" if level == V5 else b""
                codes = bytes([self.subscribe_code]) * _topics(body, level)
                writer.write(_packet(SUBACK, body[:2] + properties + codes))
            elif kind == PUBLISH:
                size = int.from_bytes(body[:2])
                await self.published.put(body[2 : 2 + size].decode())
                code = bytes([self.publish_code, 0]) if level == V5 else b""
                writer.write(_packet(PUBACK, body[2 + size : 4 + size] + code))
            elif kind == DISCONNECT:
                return


async def _length(reader):
    length, shift = 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return length


def _topics(body, level):
    """How many topics a SUBSCRIBE names."""
    at, count = (3 if level == V5 else 2), 0
    while at < len(body):
        at += 2 + int.from_bytes(body[at : at + 2]) + 1
        count += 1
    return count


def _connack(level, *, accepted):
    if level == V5:
        return _packet(CONNACK, b"\0\0\0" if accepted else b"\0\x84\0")
    return _packet(CONNACK, b"\0\0" if accepted else b"\0\1")


def _packet(kind, body):
    assert len(body) < 128
    return bytes([kind << 4, len(body)]) + body
