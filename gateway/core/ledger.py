"""What the outbox holds outside the disk, and the count of every reading.

Rules of this file:
1. Everything that changes the state is an event, and `apply` is the only code that changes it. The outbox writes each
   event to its head file before it applies it; after a crash the same events are applied again and give the same
   state, to the byte, numbers included.
2. `taken = suppressed + shed + acknowledged + waiting + quarantined` after every event, for every series. `waiting` is
   counted by itself, never computed from the others, so that the equation can fail.
3. A reading is numbered when its segment is sealed, by its place in it; only sealed segments leave this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.core import ledger_size as size
from gateway.core.held import Held
from gateway.core.ledger_events import (
    LEDGER_FORMAT,
    Acknowledged,
    Committed,
    Committing,
    Corrected,
    Defined,
    Deleted,
    Event,
    Gap,
    Key,
    Opened,
    OpenSegment,
    Quarantined,
    Sealed,
    Shed,
    Snapshot,
    Suppressed,
    Taken,
    merge_gaps,
)
from gateway.core.ledger_held import HeldBack
from gateway.core.reading import Lane, Series
from gateway.core.segment import Segment, seal, series_counts


class Ledger(HeldBack):
    """The state. It decides nothing about time, disk or wire."""

    def __init__(self, gateway: str, epoch: str, boot_id: str) -> None:
        super().__init__(gateway, epoch)
        self.boot_id = boot_id
        self.counts_of = epoch.partition("-")[0]
        """The store whose readings are counted; empty where no store could be opened."""
        self.open: dict[Lane, OpenSegment] = {}
        self.freed: dict[Key, None] = {}
        """Acknowledged, still on the disk."""
        self.writing: dict[Key, bool] = {}
        """On their way to the disk, and whether they were acknowledged meanwhile."""
        self.gaps: list[Gap] = []
        """What was shed and is not yet in the event log; oldest first, and as few as that can be said with."""
        self.reporting = 0
        """So many of them are on their way to the event log, and stay as they are."""
        self.quarantine: list[Quarantined] = []
        """What the twin can never take and is not yet kept apart on the disk; oldest first."""
        self.parting = 0
        """So many of them are on their way to the disk."""
        self.commit = 0
        """The number of the commit that is under way; 0 where none is."""
        self._appliers: dict[type, Callable[[Any], None]] = {
            Taken: self._take,
            Suppressed: self._suppress,
            Held: self._hold,
            Defined: lambda event: self.define(Series(event.name, event.unit)),
            Opened: self._open,
            Sealed: self._seal,
            Acknowledged: self._acknowledge,
            Committing: self._begin_commit,
            Committed: self._end_commit,
            Shed: self._shed,
            Quarantined: self._quarantine,
            Corrected: self._correct,
            Deleted: self._delete,
        }

    def apply(self, event: Event) -> None:
        """Change the state by `event`."""
        self._appliers[type(event)](event)

    def _take(self, event: Taken) -> None:
        opened = self.open[event.lane]
        opened.indexes += event.indexes
        opened.fragments += event.fragments
        self.bytes += size.of_fragments(event.fragments)
        for index in event.indexes:
            tally = self.tallies[index]
            tally.taken += 1
            tally.waiting += 1
        if event.held is not None:
            self._hold(event.held)

    def _hold(self, event: Held) -> None:
        self._add_gaps(self.hold(event))

    def _suppress(self, event: Suppressed) -> None:
        tally = self.tallies[event.index]
        tally.taken += event.count
        tally.suppressed += event.count

    def _open(self, event: Opened) -> None:
        self.open[event.lane] = OpenSegment(event.base, [], [])

    def _begin_commit(self, event: Committing) -> None:
        self.writing = dict.fromkeys(event.keys, False)
        self.commit, self.reporting, self.parting = event.number, event.gaps, event.apart
        if event.held:
            self.number_held()

    def _end_commit(self, event: Committed) -> None:
        for key, acknowledged in self.writing.items():
            if event.stored:
                self._drop(key)
                if acknowledged:
                    self.freed[key] = None
        if event.stored:  # Part of the same event, so that a crash in between does not repeat them.
            self.bytes -= size.of_gaps(self.gaps[: self.reporting])
            self.bytes -= sum(map(size.of_quarantined, self.quarantine[: self.parting]))
            del self.gaps[: self.reporting], self.quarantine[: self.parting]
        self.writing, self.reporting, self.parting, self.commit = {}, 0, 0, 0

    def _delete(self, event: Deleted) -> None:
        for key in event.keys:
            self.freed.pop(key, None)

    def _seal(self, event: Sealed) -> None:
        lane, opened = event.lane, self.open.pop(event.lane)
        if not opened.indexes:  # The process died between opening it and its first reading.
            return
        first, last = self.next_seq[lane], self.next_seq[lane] + len(opened.indexes) - 1
        self.next_seq[lane] = last + 1
        body = seal(opened.indexes, opened.fragments, self.heads)
        self.bytes += size.of_segment(body) - size.of_fragments(opened.fragments)
        self.volatile[Key(self.epoch, lane, first)] = Segment(lane, self.epoch, first, last, opened.base, body)

    def _drop(self, key: Key) -> Segment | None:
        segment = self.volatile.pop(key, None)
        if segment is not None:
            self.bytes -= size.of_segment(segment.body)
        return segment

    def _leave(self, key: Key, counts: dict[str, int] | None) -> dict[str, int]:
        """Take a segment out of what waits; returns its readings by series. `counts` are they, if it is on the disk."""
        segment = self._drop(key)
        if segment is not None:
            if key in self.writing:
                self.writing[key] = True
            counts = series_counts(segment.body, self.gateway)
        elif counts is None or key in self.freed:
            return {}
        else:
            self.freed[key] = None
        for name, count in counts.items():
            self.tally_of(name).waiting -= count
        return counts

    def _acknowledge(self, event: Acknowledged) -> None:
        for name, count in self._leave(event.key, event.counts).items():
            self.tally_of(name).acknowledged += count

    def _shed(self, event: Shed) -> None:
        key, counts = event.key, self._leave(event.key, event.counts)
        for name, count in counts.items():
            self.tally_of(name).shed += count
        if counts:
            self._add_gaps([Gap(key.epoch, key.lane, key.first, event.last, event.reason, counts)])

    def _quarantine(self, event: Quarantined) -> None:
        segment = event.segment
        left = self._leave(Key(*segment.key), series_counts(segment.body, self.gateway))
        for name, count in left.items():
            self.tally_of(name).quarantined += count
        if left:
            self.quarantine.append(event)
            self.bytes += size.of_quarantined(event)

    def _correct(self, event: Corrected) -> None:
        for name, count in event.counts.items():
            tally = self.tally_of(name)
            tally.waiting -= count
            if count > 0:
                tally.shed += count
            else:  # More than was thought: a commit that was said to have failed, and had not.
                tally.taken -= count
        self._add_gaps(event.gaps)

    def _add_gaps(self, gaps: list[Gap]) -> None:
        if not gaps:
            return
        later = self.gaps[self.reporting :]
        merged = merge_gaps([*later, *gaps])
        self.gaps[self.reporting :] = merged
        self.bytes += size.of_gaps(merged) - size.of_gaps(later)

    def begin_epoch(self, epoch: str, boot_id: str) -> None:
        """Number from 1 again; what is sealed keeps the numbers it has, what is open gets its own."""
        self.epoch = epoch
        self.boot_id = boot_id
        self.next_seq = dict.fromkeys(Lane, 1)

    def snapshot(self) -> Snapshot:
        """The state as a value."""
        return Snapshot(
            format=LEDGER_FORMAT,
            gateway=self.gateway,
            epoch=self.epoch,
            next_seq=dict(self.next_seq),
            series=list(self.series),
            tallies=list(self.tallies),
            open=dict(self.open),
            volatile=list(self.volatile.values()),
            freed=list(self.freed),
            writing=list(self.writing.items()),
            gaps=list(self.gaps),
            reporting=self.reporting,
            quarantine=list(self.quarantine),
            parting=self.parting,
            commit=self.commit,
            boot_id=self.boot_id,
            held=list(self.held.values()),
            counts_of=self.counts_of,
        )
