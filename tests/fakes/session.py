"""A session without a broker: keeps what is published until a test answers it, delivers what a test sends."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gateway.cloud.session import Incoming
from gateway.errors import LinkError, LinkRefusedError


class Sent(NamedTuple):
    topic: str
    payload: bytes
    retain: bool
    puback: asyncio.Future
    correlation: bytes = b""

    def acknowledge(self, code=0):
        """The broker's answer; it may come only once, and not after the connection is lost."""
        if not self.puback.done():
            self.puback.set_result(code)


class FakeSession:
    """One connection. With `code` the broker answers every publish with it at once; with None a test does."""

    def __init__(self, code=0, *, packet_bytes_max=None, refused=()):
        self.packet_bytes_max = packet_bytes_max
        self.sent = []
        self.topics = []
        self._code = code
        self._refused = set(refused)
        self._lost = None
        self._arrived = asyncio.Queue()

    def publish(self, topic, payload, *, retain=False, correlation=b""):
        puback = asyncio.get_running_loop().create_future()
        puback.add_done_callback(lambda future: None if future.cancelled() else future.exception())
        self.sent.append(Sent(topic, payload, retain, puback, correlation))
        if self._lost is not None:
            puback.set_exception(LinkError("cannot send: not connected"))
        elif self._code is not None:
            puback.set_result(self._code)
        return puback

    async def subscribe(self, topics):
        if self._lost is not None:
            raise self._lost
        for topic in topics:
            if topic in self._refused:
                raise LinkRefusedError(f"subscription to {topic} refused")
        self.topics += topics

    async def messages(self):
        while True:
            message = await self._arrived.get()
            if message is None:
                # A lost connection stays lost, whoever asks again.
                self._arrived.put_nowait(None)
                raise self._lost
            yield message

    def deliver(self, topic, payload, *, retain=False, reply_topic="", correlation=b""):
        """A message arrives."""
        self._arrived.put_nowait(Incoming(topic, payload, retain, reply_topic, correlation))

    def lose(self, error=None):
        """The connection is lost."""
        self._lost = error or LinkError("the connection was lost")
        for sent in self.sent:
            if not sent.puback.done():
                sent.puback.set_exception(LinkError("the connection was lost before the broker acknowledged"))
        self._arrived.put_nowait(None)

    def on(self, topic):
        """The payloads that were published on a topic, oldest first."""
        return [sent.payload for sent in self.sent if sent.topic == topic]
