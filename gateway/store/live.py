"""What was read since the link came up, went to the disk, and is not acknowledged: how long it has waited."""

from __future__ import annotations

from gateway.core.ledger_events import Key
from gateway.core.segment import Segment

KNOWN_MAX = 256
"""Segments that are kept in mind. While the oldest of them waits, younger ones do not matter."""


class Live:
    """The oldest live segments on the disk. What is in memory is seen there, and is none of its business."""

    def __init__(self) -> None:
        self._since_ns = 0
        self._known: dict[Key, int] = {}

    def begin(self, since_ns: int) -> None:
        """The link came up at this boottime: what waits is not live, whatever comes is."""
        self._since_ns = since_ns
        self._known.clear()

    def stored(self, segment: Segment) -> None:
        """A segment was written to the disk."""
        if segment.base.boottime_ns > self._since_ns and len(self._known) < KNOWN_MAX:
            self._known[Key(*segment.key)] = segment.base.boottime_ns

    def left(self, key: Key, last: int) -> None:
        """A segment waits no more; it may be made of several that were written."""
        gone = [
            one
            for one in self._known
            if one.epoch == key.epoch and one.lane == key.lane and key.first <= one.first <= last
        ]
        for one in gone:
            del self._known[one]

    def clear(self) -> None:
        """Nothing is known of the disk."""
        self._known.clear()

    @property
    def oldest_ns(self) -> int | None:
        """The boottime of the oldest; None where none waits."""
        return min(self._known.values(), default=None)
