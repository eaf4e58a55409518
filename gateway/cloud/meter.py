"""Counts bytes where they leave, and says to the uplink what the daily budget lets go now.

A message counts as its topic and payload, `MESSAGE_BYTES` of MQTT, and `SEGMENT_BYTES` of TCP and IP for each
`SEGMENT_DATA_BYTES` of it; TLS and what arrives are not counted. A keepalive counts as one TCP segment, once in each of
its intervals while the link is up, whether it was needed or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.session import Incoming, Session
from gateway.core.budget import Budget
from gateway.core.reading import Lane

MESSAGE_BYTES = 10
"""MQTT 5 section 3.3: fixed header of at most 5 bytes, length of the topic 2, packet id 2, no properties 1."""
SEGMENT_BYTES = 52
"""IPv4 20 (RFC 791), TCP 20 (RFC 9293) and its time stamps 12 (RFC 7323)."""
SEGMENT_DATA_BYTES = 1400
"""What one TCP segment carries on a mobile link."""
SMALLEST_BYTES = MESSAGE_BYTES + SEGMENT_BYTES
"""No message takes less."""
TICK_S = 1.0
"""The account is moved on at most this often."""


def bytes_of(topic: str, payload: bytes) -> int:
    """What a message takes on the line, by the rule above."""
    size = len(topic.encode()) + len(payload) + MESSAGE_BYTES
    return size + SEGMENT_BYTES * -(-size // SEGMENT_DATA_BYTES)


class Meter:
    """The budget at work. Without one everything may go, and nothing is counted."""

    def __init__(self, budget: Budget | None, topic: str, keepalive_s: float, clock: Clock) -> None:
        self.budget = budget
        self.from_disk = False
        """Whether the readings that are sent next come from the disk."""
        self.connected = False
        self._topic = topic
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._ticked_ns = clock.boottime_ns()
        self._live_bytes = self._stored_bytes = SMALLEST_BYTES
        """What a batch took that had no room, of live readings and of those from the disk."""

    def tick(self) -> None:
        """Let the account know what time it is."""
        seconds = (self._clock.boottime_ns() - self._ticked_ns) / NS_PER_S
        if self.budget is None or seconds < TICK_S:
            return
        self._ticked_ns = self._clock.boottime_ns()
        if self.connected:
            self.budget.spend(SEGMENT_BYTES * seconds / self._keepalive_s, live=True)
        self.budget.elapse(seconds)

    def count(self, topic: str, payload: bytes) -> None:
        """A message leaves."""
        if self.budget is None:
            return
        self.tick()
        from_disk = topic == self._topic and self.from_disk
        self.budget.spend(bytes_of(topic, payload), live=not from_disk)
        if from_disk:
            self._stored_bytes = SMALLEST_BYTES
        elif topic == self._topic:
            self._live_bytes = SMALLEST_BYTES

    def fits(self, lowest: Lane, payload: bytes) -> bool:
        """Whether there is room for a batch whose least important readings are of the lane `lowest`."""
        if self.budget is None or lowest is Lane.CRITICAL:
            return True
        size = bytes_of(self._topic, payload)
        if size <= (self.budget.spare if self.from_disk else self.budget.room(lowest)):
            return True
        if self.from_disk:
            self._stored_bytes = size
        else:
            self._live_bytes = size
        return False

    def lowest_live(self) -> Lane:
        """The lowest lane of which live readings may go now."""
        if self.budget is None:
            return Lane.LOW
        self.tick()
        return self.budget.lowest_live(self._live_bytes)

    def stored_may_go(self) -> bool:
        """Whether readings from the disk may go now, other than critical ones."""
        if self.budget is None:
            return True
        self.tick()
        return self.budget.stored_may_go(self._stored_bytes)

    def stretch(self) -> float:
        """How far the limits of channels are stretched."""
        return 0.0 if self.budget is None else self.budget.stretch


class MeteredSession:
    """A session whose messages are counted."""

    def __init__(self, session: Session, meter: Meter) -> None:
        self.packet_bytes_max = session.packet_bytes_max
        self._session = session
        self._meter = meter

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes = b""
    ) -> asyncio.Future[int]:
        """As the session does, and counted."""
        self._meter.count(topic, payload)
        return self._session.publish(topic, payload, retain=retain, correlation=correlation)

    async def subscribe(self, topics: Sequence[str]) -> None:
        """As the session does.

        Raises:
            LinkRefusedError: the broker granted one of them less.
            LinkError: the connection is gone.
        """
        await self._session.subscribe(topics)

    def messages(self) -> AsyncIterator[Incoming]:
        """As the session gives them."""
        return self._session.messages()
