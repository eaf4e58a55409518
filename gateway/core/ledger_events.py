"""What happens to the readings in the outbox, as values, and the outbox's whole state as one.

They lie in the head file and in the database; a change of their shape is a new `LEDGER_FORMAT`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from gateway.core.held import Held, Undecided
from gateway.core.reading import Lane, Series
from gateway.core.segment import Base, Segment, series_counts

LEDGER_FORMAT = 8
"""The version of snapshots and events; another one is not read."""


class Key(NamedTuple):
    """What tells one segment from every other."""

    epoch: str
    lane: Lane
    first: int


class Tally(msgspec.Struct, array_like=True):
    """What became of the readings of one series."""

    taken: int = 0
    suppressed: int = 0
    shed: int = 0
    acknowledged: int = 0
    waiting: int = 0
    quarantined: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of `other`."""
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))

    @property
    def news(self) -> int:
        """Readings that were not suppressed."""
        return self.taken - self.suppressed

    @property
    def balanced(self) -> bool:
        """Whether every reading is accounted for (rule 2)."""
        return self.taken == self.suppressed + self.shed + self.acknowledged + self.waiting + self.quarantined


class Defined(msgspec.Struct, array_like=True, tag=0):
    """A series is used for the first time and gets the next index."""

    name: str
    unit: str


class Opened(msgspec.Struct, array_like=True, tag=1):
    """A lane starts a new segment."""

    lane: Lane
    base: Base


class Taken(msgspec.Struct, array_like=True, tag=2):
    """Readings join the open segment of their lane: the index of each one's series, and its fragment.

    Where some of them were held before, `held` says what is held now: no crash comes between the two.
    """

    lane: Lane
    indexes: list[int]
    fragments: list[str]
    held: Held | None = None


class Suppressed(msgspec.Struct, array_like=True, tag=3):
    """Readings of a series were no news."""

    index: int
    count: int


class Sealed(msgspec.Struct, array_like=True, tag=4):
    """The open segment of a lane is complete; its readings have their numbers."""

    lane: Lane


class Committing(msgspec.Struct, array_like=True, tag=5):
    """Segments are about to be written to the disk. They count as in memory until it is known that they arrived.

    With them go the oldest so many gaps, into the event log, and the oldest so many quarantined segments.
    """

    keys: list[Key]
    number: int = 0
    """Of the commit: the database keeps the number of its last one, so that a crash leaves no doubt. 0 where none."""
    gaps: int = 0
    apart: int = 0
    held: bool = False
    """What is held goes with them, and gets numbers where it has none."""


class Committed(msgspec.Struct, array_like=True, tag=8):
    """What was about to be written is on the disk, or, if not `stored`, is not."""

    stored: bool


class Shed(msgspec.Struct, array_like=True, tag=9):
    """A segment was given up on purpose. `counts` (by series name) is given where it is on the disk, not in memory."""

    key: Key
    last: int
    reason: str
    counts: dict[str, int] | None = None


class Acknowledged(msgspec.Struct, array_like=True, tag=6):
    """The twin holds a segment. `counts` (by series name) is given where the segment is on the disk, not here."""

    key: Key
    counts: dict[str, int] | None = None


class Deleted(msgspec.Struct, array_like=True, tag=7):
    """Acknowledged segments are gone from the disk too."""

    keys: list[Key]


class Gap(msgspec.Struct, array_like=True):
    """Numbers that nobody will ever send, and why."""

    epoch: str
    lane: Lane
    first: int
    last: int
    reason: str
    counts: dict[str, int]


class Quarantined(msgspec.Struct, array_like=True, tag=11):
    """The twin can never take a segment; it is kept apart, for a person to look at."""

    segment: Segment
    reason: str

    def gap(self, gateway: str) -> Gap:
        """What it is to the twin: these numbers will never come."""
        one = self.segment
        counts = series_counts(one.body, gateway)
        return Gap(one.epoch, one.lane, one.first, one.last, f"quarantined: {self.reason}", counts)


class Corrected(msgspec.Struct, array_like=True, tag=13):
    """An audit of the disk found fewer readings than were thought to wait there; a negative count: more."""

    counts: dict[str, int]
    gaps: list[Gap]


Event = (
    Defined | Opened | Taken | Suppressed | Sealed | Committing | Committed | Acknowledged | Deleted | Shed
    | Quarantined | Corrected | Held
)  # fmt: skip


def merge_gaps(gaps: Iterable[Gap]) -> list[Gap]:
    """The same gaps, as few: those that follow each other for one reason become one."""
    merged: dict[tuple[str, Lane, str], list[Gap]] = {}
    for gap in sorted(gaps, key=lambda gap: gap.first):
        run = merged.setdefault((gap.epoch, gap.lane, gap.reason), [])
        if run and run[-1].last + 1 == gap.first:
            counts = dict(run[-1].counts)
            for name, count in gap.counts.items():
                counts[name] = counts.get(name, 0) + count
            run[-1] = msgspec.structs.replace(run[-1], last=gap.last, counts=counts)
        else:
            run.append(gap)
    return [gap for run in merged.values() for gap in run]


class OpenSegment(msgspec.Struct, array_like=True):
    """Readings of a lane that are not numbered yet."""

    base: Base
    indexes: list[int]
    fragments: list[str]


class Snapshot(msgspec.Struct, array_like=True):
    """The whole state as one value."""

    format: int
    gateway: str
    epoch: str
    next_seq: dict[Lane, int]
    series: list[Series]
    tallies: list[Tally]
    open: dict[Lane, OpenSegment]
    volatile: list[Segment]
    freed: list[Key]
    writing: list[tuple[Key, bool]]
    gaps: list[Gap]
    reporting: int
    quarantine: list[Quarantined]
    parting: int
    commit: int
    boot_id: str
    held: list[Undecided]
    counts_of: str | None = None
    """See `Ledger.counts_of`; None where it was written before that was kept."""


def without_held(snapshot: Snapshot) -> Snapshot:
    """`snapshot` as if what is held had not been read yet.

    On the disk it has a table of its own, and counts as taken again when it is found there.
    """
    tallies = [msgspec.structs.replace(tally) for tally in snapshot.tallies]
    for held in snapshot.held:
        tallies[held.index].taken -= len(held.fragments)
        tallies[held.index].waiting -= len(held.fragments)
    return msgspec.structs.replace(snapshot, tallies=tallies, held=[])


encode_event = msgspec.msgpack.Encoder().encode
decode_event = msgspec.msgpack.Decoder(Event).decode
encode_snapshot = msgspec.msgpack.Encoder().encode
decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode
