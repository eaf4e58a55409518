"""The outbox: readings on their way to the twin, in memory with a disk behind it.

What it promises, and by what:
1. No reading is lost by a crash: each is in the head file before `append` returns.
2. A power cut costs at most what the twin has not acknowledged of the last `commit_every` (of the last
   `commit_every_high` in the high lane), and nothing of the critical lane: a critical reading is on the disk before
   it can be taken for sending. While the disk takes nothing it is sent from memory: an alarm is not silent because the
   disk is dead.
3. What is acknowledged before its commit is due never touches the disk. Deleting rides in commits that happen anyway;
   where there is none, acknowledged rows are deleted within about a minute.
4. Only `acknowledge` frees a reading. What was taken and not acknowledged can be taken again.
5. Memory is bounded: beyond `MEMORY_BYTES_MAX` that the disk does not take, the oldest segment of the least important
   lane is shed and counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from gateway.clock import Clock
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    Acknowledged,
    Key,
    Quarantined,
)
from gateway.core.reading import Lane
from gateway.core.segment import Segment, owned_by, series_counts
from gateway.core.settings import StoreSettings
from gateway.store import limits
from gateway.store import segments as disk
from gateway.store.database import Database
from gateway.store.head import Head
from gateway.store.intake import Intake
from gateway.store.live import Live
from gateway.store.young import Young


class Outbox(Intake):
    """The open outbox. Every method but `take_stored` is synchronous and touches no disk; `Committer` does."""

    def __init__(self, database: Database, head: Head, ledger: Ledger, clock: Clock, settings: StoreSettings) -> None:
        super().__init__(head, ledger, clock, settings)
        self.stored: dict[Lane, int] = dict.fromkeys(Lane, 0)
        """Segments on the disk, by lane."""
        self.rows: dict[Key, int] = {}
        """The rows of segments that are taken, or acknowledged and not yet deleted."""
        self.damaged = False
        """Whether a segment was found whose CRC does not match; the committer then audits the disk."""
        self.reserved: set[Key] = set()
        """Segments that are being thinned or joined: not taken meanwhile, nor passed over, for what comes of them."""
        self.young = Young()
        self.live = Live()
        self._database = database
        self._row_readings = 100
        self._cursor: dict[Lane, int] = dict.fromkeys(Lane, 0)

    def take_live(self, readings_max: int, lowest: Lane = Lane.LOW) -> list[Segment]:
        """Segments that are in memory and not yet on their way, most urgent lane first, up to about `readings_max`.

        None of a lane below `lowest`.
        """
        self.urgent = False
        self.seal_all()
        free = (key for key in self.ledger.volatile if key not in self.taken and self._may_leave_memory(key.lane))
        batch: list[Segment] = []
        for key in sorted((key for key in free if key.lane <= lowest), key=lambda key: key.lane):
            segment = self.ledger.volatile[key]
            if batch and sum(one.count for one in batch) + segment.count > readings_max:
                break
            self.taken[key] = segment
            self.offered.add(key)
            batch.append(segment)
        if self._alarmed:
            self._look_for_overtaking(batch)
        return batch

    def _look_for_overtaking(self, batch: list[Segment]) -> None:
        """An alarm waits for the disk, and what was read after it may go before it."""
        waiting = {key for key in self.ledger.volatile if key.lane is Lane.CRITICAL and key not in self.taken}
        if not waiting:
            self._alarmed.clear()
        elif any(name in one.body for one in batch if one.lane is not Lane.CRITICAL for name in self._alarmed):
            self.overtaken |= waiting

    def _may_leave_memory(self, lane: Lane) -> bool:
        return lane is not Lane.CRITICAL or self.disk_failing

    @property
    def critical_in_memory(self) -> bool:
        """Whether a critical reading is to be taken from memory, because the disk takes nothing."""
        lane = Lane.CRITICAL
        held = lane in self.ledger.open or any(
            key.lane is lane and key not in self.taken for key in self.ledger.volatile
        )
        return self.disk_failing and held

    def fail_disk(self) -> None:
        """The disk takes nothing: from now on, critical readings need not wait for it."""
        self.disk_failing = True
        if self.critical_in_memory:
            self.urgent = True
            self.news.set()

    async def take_stored(self, readings_max: int) -> list[Segment]:
        """Segments that are on the disk and not yet on their way: critical first, then lane by lane, oldest first.

        Raises:
            StoreError: the disk does not give them.
        """
        keys: list[Key] = []
        try:
            await self._take_rows(readings_max, keys)
        except BaseException:
            self.release(keys)
            raise
        # What was read first may have been acknowledged, from before a link was lost, while the rest was read.
        return [self.taken[key] for key in keys if key in self.taken]

    async def _take_rows(self, readings_max: int, keys: list[Key]) -> None:
        readings, cursor = 0, self._cursor  # `release` begins a new one, which what is found here must not move.
        for lane in Lane:
            while self.stored[lane] > 0 and len(self.ledger.freed) < limits.FREED_MAX:
                wanted = 1 + (readings_max - readings) // self._row_readings
                found = await disk.load_lane(self._database, lane, cursor[lane], wanted)
                # What is loaded and not taken would be loaded again: no more rows than are wanted.
                self._row_readings = disk.readings_in_a_row(found, self._row_readings)
                found = list(itertools.takewhile(lambda one: one.key not in self.reserved, found))
                for stored in found:
                    if readings >= readings_max:
                        return
                    cursor[lane] = stored.row
                    if self._take_row(stored):
                        keys.append(stored.key)
                        readings += self.taken[stored.key].count
                if not found:
                    break

    def _take_row(self, stored: disk.Stored) -> bool:
        key, segment, ledger = stored.key, stored.segment, self.ledger
        if segment is None:
            self.damaged = True
            self.commit_wanted.set()
            return False
        # A row can be seen before the commit that wrote it is over; the segment may be acknowledged by then.
        if key in self.taken or key in ledger.freed or ledger.writing.get(key):
            return False
        self.rows[key] = stored.row
        self.young.leave(key)
        self.offered.add(key)  # It may be in memory still: seen before the commit that wrote it was over.
        self.taken[key] = owned_by(ledger.gateway, segment)
        return True

    def acknowledge(self, ranges: Iterable[tuple[str, str, int, int]]) -> list[Key]:
        """Free every taken segment that lies wholly in one of `ranges` (epoch, lane label, first, last).

        Ranges that were never sent from here, of another epoch or beyond what was given, free nothing.
        """
        freed = list(dict.fromkeys(key for one in ranges for key in self.taken_in(*one)))
        for key in freed:
            on_disk = key not in self.ledger.volatile
            counts = series_counts(self.taken[key].body, self.ledger.gateway) if on_disk else None
            self.record(Acknowledged(key, counts))
            self.stored[key.lane] -= on_disk
            self.overtaken.discard(key)
            self.live.left(key, self.taken[key].last)
            del self.taken[key]
        if len(self.ledger.freed) >= limits.DELETE_ROWS:
            self.commit_wanted.set()
        return freed

    def reject(self, key: Key, reason: str) -> None:
        """Keep apart a taken segment that the twin can never take; it stays taken while there is no room for that."""
        segment, on_disk = self.taken[key], key not in self.ledger.volatile
        if self.ledger.bytes > limits.MEMORY_BYTES_MAX:
            return
        self.record(Quarantined(segment, reason))
        self.stored[key.lane] -= on_disk
        self.live.left(key, self.taken.pop(key).last)
        self.commit_wanted.set()

    def taken_in(self, epoch: str, label: str, first: int, last: int) -> list[Key]:
        """The taken segments that lie wholly in a range."""
        return [
            key
            for key, segment in self.taken.items()
            if key.epoch == epoch and key.lane.label == label and first <= key.first and segment.last <= last
        ]

    def known_rows(self) -> dict[tuple[Lane, int], tuple[Key, Segment | None]]:
        """The rows of segments that are taken, with what they hold, or acknowledged and not yet deleted."""
        return {(key.lane, row): (key, self.taken.get(key)) for key, row in self.rows.items()}

    def set_stored(self, lanes: Mapping[Lane, int]) -> None:
        """The disk holds so many segments, by lane; those that are acknowledged and not yet deleted do not count."""
        self.live.clear()
        self.stored = {lane: lanes.get(lane, 0) for lane in Lane}
        for key in self.ledger.freed:
            self.stored[key.lane] -= 1

    def release(self, keys: Iterable[Key] | None = None) -> None:
        """Let segments (all, where none are named) be taken again: they were sent and not acknowledged."""
        for key in list(self.taken) if keys is None else keys:
            self.taken.pop(key, None)
        self._cursor = dict.fromkeys(Lane, 0)
        self.news.set()

    def live_since_ns(self, lowest: Lane = Lane.LOW) -> int | None:
        """The boottime of the oldest reading in memory that waits to be taken; None where none of these lanes does."""
        held = [(lane, opened.base) for lane, opened in self.ledger.open.items()]
        held += [(key.lane, one.base) for key, one in self.ledger.volatile.items() if key not in self.taken]
        return min(
            (base.boottime_ns for lane, base in held if lane <= lowest and self._may_leave_memory(lane)),
            default=None,
        )

    @property
    def has_stored(self) -> bool:
        """Whether something on the disk waits to be taken."""
        return sum(self.stored.values()) > sum(key not in self.ledger.volatile for key in self.taken)
