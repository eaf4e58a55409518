"""What the rest of this room may ask of an MQTT connection. `link.py` is the real one; tests bring their own."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

PUBACK_NO_SUBSCRIBERS = 0x10
"""MQTT 5: the broker took it, and nobody is there to get it."""
PUBACK_FAILURE_FROM = 0x80
"""MQTT 5 section 2.4: reason codes from here on are failures."""


class Incoming(NamedTuple):
    """A message that arrived."""

    topic: str
    payload: bytes
    retain: bool
    reply_topic: str = ""
    """Where an answer is wanted (MQTT 5 section 3.3.2.3.5), with this correlation data."""
    correlation: bytes = b""


class Session(Protocol):
    """One connection, from CONNACK to its loss. A new connection is a new session."""

    packet_bytes_max: int | None
    """The largest packet that the broker takes (MQTT 5, Maximum Packet Size); None where it names no limit."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes = b""
    ) -> asyncio.Future[int]:
        """Send at QoS 1, with correlation data where there is some.

        The future gives the PUBACK's reason code (0 on MQTT 3.1.1), or LinkError when it is lost.
        """

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe at QoS 1.

        Raises:
            LinkRefusedError: the broker granted one of them less.
            LinkError: the connection is gone.
        """

    def messages(self) -> AsyncIterator[Incoming]:
        """What arrives, until the connection is lost (LinkError)."""


class LinkState(enum.StrEnum):
    """Where the link stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """Between two attempts."""
    ASLEEP = "asleep"
    """Between two sessions, by plan."""
