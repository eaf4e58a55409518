"""Which numbers of finished epochs will never come, after a disk has lost some and nobody knows which. Pure.

What waits is known. Of all else that was given the twin either has it, and keeps it, or will never get it: a gap that
takes in what the twin has says nothing about that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.core.intervals import IntervalSet
from gateway.core.ledger_events import Gap
from gateway.core.reading import Lane
from gateway.core.wire import FinishedEpoch

Waiting = tuple[str, Lane, int, int]
"""Epoch, lane, first and last number of a segment that is there."""


def unaccounted(finished: Iterable[FinishedEpoch], waiting: Iterable[Waiting], reason: str) -> Iterator[Gap]:
    """A gap for every run of numbers of each epoch and lane that do not wait; each is told with `reason`.

    Epochs of which only what waits is known have no end: there a gap lies between two segments only.
    """
    held: dict[tuple[str, Lane], IntervalSet] = {}
    for epoch, lane, first, last in waiting:
        held.setdefault((epoch, lane), IntervalSet()).add(first, last)
    ends = {place: found.last or 0 for place, found in held.items()}
    for one in finished:
        for label, last in one.last.items():
            place = (one.epoch, Lane.from_label(label))
            ends[place] = max(ends.get(place, 0), last)
    for (epoch, lane), end in ends.items():
        for first, last in held.get((epoch, lane), IntervalSet()).missing(1, end):
            yield Gap(epoch, lane, first, last, reason, {})
