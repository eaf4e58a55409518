"""What gives way when the store is full: low is dropped first, normal is thinned before it is dropped, high goes last.

Critical readings never give way on the disk: they are not in the table. In memory they do, last of all, where the disk
takes nothing: a daemon without memory would lose everything.
"""

from __future__ import annotations

import enum
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.thinning import STEPS_S


class Action(enum.StrEnum):
    """What is done to the oldest segments of a lane."""

    SHED = "shed"
    THIN = "thin"


class Step(NamedTuple):
    """One thing to do. `bucket_s` is how coarse thinning makes them; only finer ones are thinned."""

    action: Action
    lane: Lane
    bucket_s: int = 0


def next_step(rows: Mapping[tuple[Lane, int], int]) -> Step | None:
    """What to do next, given how many segments there are by lane and coarseness; None where nothing may give way."""
    if _count(rows, Lane.LOW):
        return Step(Action.SHED, Lane.LOW)
    for bucket_s in STEPS_S:
        if any(count and lane is Lane.NORMAL and thinned < bucket_s for (lane, thinned), count in rows.items()):
            return Step(Action.THIN, Lane.NORMAL, bucket_s)
    for lane in (Lane.NORMAL, Lane.HIGH):
        if _count(rows, lane):
            return Step(Action.SHED, lane)
    return None


def _count(rows: Mapping[tuple[Lane, int], int], lane: Lane) -> int:
    return sum(count for (one, _), count in rows.items() if one is lane)


def first_to_go(
    keys: Iterable[Key], on_their_way: Container[Key] = (), being_written: Container[Key] = ()
) -> Key | None:
    """Of segments in memory, oldest first, the one that gives way: the oldest of the least important lane.

    Those that are on their way to the twin go when nothing else is left, those that are being written to the disk after
    them, and critical ones last of all.
    """

    def worth(key: Key) -> tuple[bool, bool, bool, int]:
        return key.lane is Lane.CRITICAL, key in being_written, key in on_their_way, -key.lane

    return min(keys, key=worth, default=None)
