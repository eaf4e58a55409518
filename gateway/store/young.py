"""The young: small segments on the disk that were never taken for sending, until they are joined into larger ones.

They stay in memory too, a few kilobytes for each lane, so that joining reads nothing. What leaves the disk by any other
way has to leave here as well, or joining would bring it back. Each reading is written again at most once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from gateway.core.joining import ROWS_MIN, Placed, join, next_run
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.segment import Segment
from gateway.store import limits


class Joined(NamedTuple):
    """Segments that become one."""

    lane: Lane
    rows: list[int]
    segment: Segment
    keys: list[Key]


class Young:
    """By lane, oldest first."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, dict[Key, Placed]] = {lane: {} for lane in Lane}

    def add(self, row: int, segment: Segment) -> None:
        """A segment was written that nobody has taken."""
        self._lanes[segment.lane][Key(*segment.key)] = Placed(row, segment)

    def leave(self, key: Key) -> None:
        """A segment was taken, or is not on the disk any more."""
        self._lanes[key.lane].pop(key, None)

    def clear(self) -> None:
        """Nothing is known of the disk."""
        for held in self._lanes.values():
            held.clear()

    def due(self, segment_bytes: float = math.inf) -> list[Joined]:
        """What is to be joined now, at most one run for each lane; it stays here until it is known to be joined.

        `segment_bytes` is what the link carries in a second.
        """
        return [joined for held in self._lanes.values() for joined in _due(held, segment_bytes)]


def _due(held: dict[Key, Placed], segment_bytes: float) -> Iterable[Joined]:
    while held:
        count, complete = next_run(list(held.values()), limits.SEGMENT_READINGS_MAX, segment_bytes)
        if not complete:
            return
        keys = list(held)[:count]
        if count >= ROWS_MIN:
            run = [held[key] for key in keys]
            segment = join([one.segment for one in run])
            yield Joined(keys[0].lane, [one.row for one in run], segment, keys)
            return
        for key in keys:  # What comes later cannot join them either.
            del held[key]
