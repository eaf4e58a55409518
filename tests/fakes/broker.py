"""A broker that answers as a test says, packet by packet: for what a real one does only when it is broken."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, DISCONNECT = 1, 3, 4, 8, 14
ACCEPTED_V5 = bytes([0x20, 3, 0, 0, 0])
ACCEPTED_V311 = bytes([0x20, 2, 0, 0])


class Packet(NamedTuple):
    """One control packet: its type (MQTT section 2.1.2), flags and everything after the fixed header."""

    kind: int
    flags: int
    body: bytes

    @property
    def level(self):
        """The protocol level that a CONNECT asks for: 4 is 3.1.1, 5 is 5."""
        return self.body[6]

    @property
    def packet_id(self):
        """The two bytes of the packet identifier of a PUBLISH."""
        start = 2 + int.from_bytes(self.body[:2], "big")
        return self.body[start : start + 2]


class Peer:
    """One client that has connected."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    async def read(self):
        """The next packet; None where the client is gone."""
        try:
            head = (await self._reader.readexactly(1))[0]
            length = shift = 0
            while True:
                byte = (await self._reader.readexactly(1))[0]
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return Packet(head >> 4, head & 15, await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def until(self, kind):
        """The next packet of a kind, the others passed over."""
        while (packet := await self.read()) is not None and packet.kind != kind:
            pass
        return packet

    async def see_off(self):
        """Acknowledge what still comes until the client says goodbye."""
        while (packet := await self.read()) is not None and packet.kind != DISCONNECT:
            if packet.kind == PUBLISH:
                await self.send(bytes([0x40, 2]) + packet.packet_id)

    async def send(self, data):
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()


@contextlib.asynccontextmanager
async def serve(script):
    """A listener that plays `script(peer)` with everyone who connects, then hangs up; gives its (host, port)."""
    playing = {}

    async def play(reader, writer):
        playing[asyncio.current_task()] = writer.transport
        try:
            await script(Peer(reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()
        for transport in playing.values():
            transport.abort()
        await asyncio.gather(*playing)


def publish(topic, payload):
    """A PUBLISH at QoS 0, MQTT 5."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + b"\0" + payload
    return bytes([0x30, len(body)]) + body


def answering(*packets):
    """A broker that sends these packets after CONNECT and then hangs up."""

    async def script(peer):
        await peer.until(CONNECT)
        for packet in packets:
            await peer.send(packet)

    return script
