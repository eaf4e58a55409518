"""Joining: small segments that nobody was told of become one, so that offline each reading takes less room.

What makes a small segment dear is what every segment has: its row, its names, a compression that has just begun. The
joined one is sealed anew: grouped by series, all times relative to its first base, every value as it was. Its readings
share the numbers of the segments that it was made of, but inside it they stand, and so are numbered, in another order.
That is why only segments that were never taken for sending may be joined: no number of theirs is known to anybody.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from gateway.core.segment import Segment
from gateway.core.thinning import MS_PER_S, NS_PER_MS, StoredRecord, can_join

ROWS_MIN = 4
"""Fewer are not worth writing their readings again: with four, a third of the room is saved."""
ROWS_MAX = 128
"""So many are joined even where they hold few readings: a lane with one reading a minute waits two hours for it."""
BODY_BYTES_MAX = 65_536
"""Before compression; what is larger may not fit into one packet of a small broker, and alone no batch holds less."""
BODY_BYTES_MIN = 4096
"""However slow the link is: some 600 bytes when compressed. Below, each reading takes much more of the card."""
CLOCK_STEP_NS = NS_PER_MS
"""If wall clock and boottime moved apart by more, the clock was set between two segments: one base serves not both."""


class Placed(NamedTuple):
    """A segment and the row that it lies in."""

    row: int
    segment: Segment


def next_run(placed: Sequence[Placed], readings_max: int, segment_bytes: float = math.inf) -> tuple[int, bool]:
    """How many of the first segments belong together, and whether more cannot join them: the run is complete.

    `segment_bytes` is what the link carries in a second, which has two for what is joined.
    """
    bytes_max = min(max(2 * segment_bytes, BODY_BYTES_MIN), BODY_BYTES_MAX)
    readings = size = 0
    for count, one in enumerate(placed):
        segment = one.segment
        readings, size = readings + segment.count, size + len(segment.body)
        full = readings > readings_max or size > bytes_max or count == ROWS_MAX
        if count and (full or not _continues(placed[count - 1].segment, segment)):
            return count, True
    return len(placed), False


def _continues(one: Segment, other: Segment) -> bool:
    apart_ns = (other.base.wall_ns - one.base.wall_ns) - (other.base.boottime_ns - one.base.boottime_ns)
    return can_join(one, other) and not one.thinned and not other.thinned and abs(apart_ns) <= CLOCK_STEP_NS


class _Group(msgspec.Struct):
    """The records of one series in one unit, oldest first."""

    unit: str | None
    records: list[StoredRecord]


_decode = msgspec.json.Decoder(list[StoredRecord]).decode
_encode = msgspec.json.encode


def join(segments: Sequence[Segment]) -> Segment:
    """One segment for the readings of all of `segments`, each of which continues the one before."""
    base = segments[0].base
    groups: list[tuple[str, _Group]] = []
    newest: dict[str, _Group] = {}
    for segment in segments:
        later_ms = (segment.base.boottime_ns - base.boottime_ns + NS_PER_MS // 2) // NS_PER_MS
        name = ""
        for record in _decode(b"[" + segment.body + b"]"):
            if record.bn is not None:
                name = record.bn
                if name not in newest or not _same_unit(newest[name].unit, record.bu):
                    newest[name] = _Group(record.bu, [])
                    groups.append((name, newest[name]))
                newest[name].unit = newest[name].unit or record.bu
            record.bn = record.bu = None
            record.t = (later_ms + round((record.t or 0.0) * MS_PER_S)) / MS_PER_S
            newest[name].records.append(record)
    body = b",".join(part for name, group in groups for part in _encoded(name, group))
    return msgspec.structs.replace(segments[0], last=segments[-1].last, body=body, packed=b"")


def _same_unit(one: str | None, other: str | None) -> bool:
    """Numbers without a unit are marked by a slash where they stand, texts are not (`core/segment.py`, `seal`)."""
    return (one or "/") == (other or "/")


def _encoded(name: str, group: _Group) -> Iterable[bytes]:
    group.records[0].bn, group.records[0].bu = name, group.unit
    return map(_encode, group.records)
