"""Which segments make one message, and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from itertools import accumulate
from typing import NamedTuple

from gateway.clock import NS_PER_S
from gateway.cloud.encoding import PackEncoder
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.segment import Outgoing, Segment
from gateway.core.settings import LinkSettings
from gateway.core.time_repair import Boots, Now

LATE_S = 1.0
"""A reading that waited for so much longer than it had to is sent after its time, and is marked so."""
PACKET_BYTES_SPARE = 1024
"""Of the broker's largest packet, for topic and header."""


class Limits(NamedTuple):
    """What one message may hold."""

    segments: int
    batch_bytes: int
    """Bytes of segments; the first segment goes whatever its size."""
    packet_bytes: int | None
    """The largest packet that the broker takes; None where it names no limit. Nothing is larger than this."""
    plainly: bool = False
    """Nothing but JSON: something of it failed before."""
    fits: Callable[[Lane, bytes], bool] = lambda _lowest, _payload: True
    """Whether the budget has room for a message whose least important readings are of a lane."""


class Late(NamedTuple):
    """What arrives after its time, however young it is: it was sent before, or a newer reading went first."""

    sent_before: Container[Key]
    overtaken: Container[Key]


class Packer:
    """Puts segments together as they go out."""

    def __init__(self, encoder: PackEncoder, settings: LinkSettings, boots: Boots) -> None:
        self._encoder = encoder
        self._boots = boots
        self._settings = settings

    def pack(
        self, segments: Sequence[Segment], now: Now, limits: Limits, late: Late, in_memory: Container[Key]
    ) -> tuple[int, bytes]:
        """How many of the first segments go, and their bytes; no bytes where not even the first fits into a packet.

        Where the budget has no room for the first, none goes, and the bytes are those of the first.

        What is not `in_memory` was read from the disk.
        """
        keep = min(limits.segments, count_within([len(one.body) for one in segments], limits.batch_bytes))
        outgoing = [self._outgoing(segment, now, late, in_memory) for segment in segments[:keep]]
        payload = self._encoder.encode(outgoing, plainly=limits.plainly)
        while limits.packet_bytes is not None and len(payload) + PACKET_BYTES_SPARE > limits.packet_bytes:
            keep //= 2
            if not keep:
                return 0, b""
            payload = self._encoder.encode(outgoing[:keep], plainly=limits.plainly)
        while not limits.fits(max(one.lane for one in segments[:keep]), payload):
            keep //= 2
            if not keep:
                return 0, payload
            payload = self._encoder.encode(outgoing[:keep], plainly=limits.plainly)
        return keep, payload

    def _outgoing(self, segment: Segment, now: Now, late: Late, in_memory: Container[Key]) -> Outgoing:
        key = Key(*segment.key)
        dated = self._boots.date(segment.base)
        from_disk = key not in in_memory and key.lane is not Lane.CRITICAL
        waited_s = (now.boottime_ns - segment.base.boottime_ns) / NS_PER_S
        overdue = waited_s > self._settings.linger_s + LATE_S
        backfill = overdue or from_disk or key in late.sent_before or key in late.overtaken
        return Outgoing(segment, dated.wall_ns, dated.clock, backfill, dated.earliest_ns, dated.latest_ns)


def count_within(sizes: Sequence[int], limit: int) -> int:
    """How many of the first sizes are together at most `limit`; one always is."""
    return max(1, sum(size <= limit for size in accumulate(sizes)))
