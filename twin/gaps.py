"""Gaps: readings of which a gateway says that they will never come. They are shed, not missing."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.core.wire import Epoch, Event, Seq
from twin.changes import Changes
from twin.model import LANES, Numbering

KIND = "gap"
"""What such an event is called in a gateway's log."""


class Gap(msgspec.Struct, frozen=True):
    """Readings `first` to `last` of a lane, why they were shed, and how many they were of each series."""

    epoch: Epoch
    lane: str
    first: Seq
    last: Seq
    reason: Annotated[str, Meta(max_length=200)] = ""
    readings: dict[str, int] = {}


def gap_of(event: Event) -> Gap:
    """The gap that `event` tells of.

    Raises:
        ValueError: it tells of none, or of one that cannot be.
    """
    gap = msgspec.convert(event.data, Gap)
    if gap.lane not in LANES or "-" not in gap.epoch:
        raise ValueError(f"no readings are numbered in lane {gap.lane[:64]!r} of epoch {gap.epoch!r}")
    if gap.last < gap.first:
        raise ValueError(f"a gap ends before it begins: {gap.first} to {gap.last}")
    return gap


def declare(numbering: Numbering, gap: Gap, changes: Changes) -> None:
    """Take what of `gap` is not held as shed; what is held came in time and stays."""
    new = [numbering.shed.add(first, last) for first, last in numbering.held.missing(gap.first, gap.last)]
    if any(new):
        changes.shed(numbering, gap.first, gap.last)


def refute(numbering: Numbering, first: int, last: int, changes: Changes) -> None:
    """Readings `first` to `last` have come although some of them may have been declared shed."""
    if numbering.shed.remove(first, last):
        changes.shed(numbering, first, last)
