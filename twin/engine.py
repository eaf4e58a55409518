"""What the twin decides about a batch. Pure: the arguments are left alone, and nothing else is looked at.

A batch goes through six steps. *Collect*: `link` receives it and `senml` makes readings of it. *Transmit*: it waits
with others for the next commit. *Process*: `take` says what of it is new. *Update state*: `handlers` puts that into the
model and the commit puts it on the disk. *Acknowledge*: `acknowledged` is sent, after the commit and never before.
*Propagate*: commands and shadow deltas that follow leave with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from gateway.core.intervals import IntervalSet
from gateway.core.reading import ClockState
from gateway.core.senml import ReceivedSegment, Record
from gateway.core.wire import Presence, Status
from twin.model import Numbering

BEFORE_ALL_TIME = float("-inf")


class Taken(msgspec.Struct, frozen=True):
    """What a segment brings. `late` counts readings that are older than what their series had, and no backfill.

    Of a thinned segment that brings anything at all every record is `fresh`; it `overlaps` where some of the readings
    behind them are held already, and nobody can tell which.
    """

    fresh: list[Record]
    duplicates: int
    late: int
    newest: dict[str, Record]
    """Series -> the reading that is now its newest, where that is one of these."""
    overlaps: bool = False


def take(held: IntervalSet, newest_s: Mapping[str, float], segment: ReceivedSegment) -> Taken:
    """What of `segment` is new to a twin that holds the numbers `held`, and which series it brings up to date.

    `newest_s` gives the time of the newest reading that is held of each series.
    """
    holes = held.missing(segment.first, segment.last)
    new = sum(last - first + 1 for first, last in holes)
    fresh = _fresh(holes, segment)
    late = 0
    newest: dict[str, Record] = {}
    for record in fresh:
        before = newest.get(record.series)
        time_s = newest_s.get(record.series, BEFORE_ALL_TIME) if before is None else before.time_s
        if record.time_s >= time_s:
            newest[record.series] = record
        else:
            late += 0 if record.gathered is not None else record.count  # A window is in the past by nature.
    duplicates = segment.count - new
    overlaps = segment.thinned > 0 and new > 0 and duplicates > 0
    return Taken(fresh, duplicates, 0 if segment.backfill else late, newest, overlaps)


def _fresh(holes: list[tuple[int, int]], segment: ReceivedSegment) -> list[Record]:
    if holes == [(segment.first, segment.last)] or (holes and segment.thinned):
        return segment.records
    return [
        record for first, last in holes for record in segment.records[first - segment.first : last - segment.first + 1]
    ]


def acknowledged(segments: Iterable[ReceivedSegment]) -> list[tuple[str, str, int, int]]:
    """The ranges that can be acknowledged once `segments` are on the disk: all of them, new or known already."""
    return [(segment.epoch, segment.lane.label, segment.first, segment.last) for segment in segments]


def measurable(segment: ReceivedSegment) -> bool:
    """Whether the age of its readings tells how fast they came: they were sent live and whole, by a right clock."""
    return not segment.backfill and not segment.thinned and segment.clock is ClockState.SYNCHRONISED


def received(numberings: Iterable[Numbering]) -> int:
    """How many different readings are held."""
    return sum(numbering.held.count for numbering in numberings)


def missing(numberings: Iterable[Numbering]) -> int:
    """How many readings are known to exist and are neither held nor shed.

    Known to exist is every number up to the highest that came or was shed, and up to the last one that a later birth
    states.
    """
    return sum(
        max(numbering.held.last or 0, numbering.shed.last or 0, numbering.stated)
        - numbering.held.count
        - numbering.shed.count
        for numbering in numberings
    )


def shed(numberings: Iterable[Numbering]) -> int:
    """How many readings will never come, by the gateway's own word."""
    return sum(numbering.shed.count for numbering in numberings)


def believable(status: Status, epoch: str) -> bool:
    """Whether `status` can be about the run that is now in `epoch`.

    The last will of an earlier run may come after the word of the run that replaced it.
    """
    if status.status is Presence.ONLINE or not epoch:
        return True
    store, _, starts = status.epoch.partition("-")
    now_store, _, now_starts = epoch.partition("-")
    return store != now_store or int(starts or 0) >= int(now_starts or 0)


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """`numbers` as ranges, in order."""
    found = IntervalSet()
    for number in numbers:
        found.add(number, number)
    return found.ranges()
