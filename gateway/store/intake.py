"""The half of the outbox that readings come in by; `outbox.py` is the whole, and says what is promised."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from gateway.clock import NS_PER_S, Clock
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    Defined,
    Event,
    Key,
    Opened,
    Sealed,
    Shed,
    Suppressed,
    Taken,
    encode_event,
    encode_snapshot,
)
from gateway.core.reading import Lane, Reading
from gateway.core.segment import NS_PER_MS, Base, Segment, encode_fragments
from gateway.core.settings import StoreSettings
from gateway.core.shedding import first_to_go
from gateway.store import limits
from gateway.store.head import Head


class Intake:
    """The way into the outbox: readings and events, from the moment they are taken in until they are sealed."""

    def __init__(self, head: Head, ledger: Ledger, clock: Clock, settings: StoreSettings) -> None:
        self.ledger = ledger
        self.news = asyncio.Event()
        """Set when there may be something new to take."""
        self.urgent = False
        """Whether something in memory should be taken at once."""
        self.taken: dict[Key, Segment] = {}
        """Segments on their way to the twin."""
        self.offered: set[Key] = set()
        """Segments in memory that were ever taken: somebody may know their numbers."""
        self.disk_failing = False
        """Whether the last commit failed, or hangs: until one succeeds, critical readings are sent from memory."""
        self.notes: list[tuple[str, dict[str, Any]]] = []
        """Events (kind, data) that the next commit writes into the event log."""
        self.commit_wanted = asyncio.Event()
        """Set when a commit may be due before the time that the committer waits for."""
        self.next_commit_ns: float = math.inf
        """The boottime that the committer waits for."""
        self._head = head
        self._clock = clock
        slow, fast = settings.commit_every_s * NS_PER_S, settings.commit_every_high_s * NS_PER_S
        self.commit_every_ns = {Lane.CRITICAL: 0.0, Lane.HIGH: fast, Lane.NORMAL: slow, Lane.LOW: slow}
        self._places: dict[tuple[str, str], int] = {}

    def append(self, reading: Reading, unit: str, lane: Lane, *, urgent: bool = False) -> None:
        """Take one reading in; see `append_all`."""
        self.append_all([(reading, unit)], lane, urgent=urgent)

    def append_all(self, readings: Sequence[tuple[Reading, str]], lane: Lane, *, urgent: bool = False) -> None:
        """Take readings in, each with its unit, oldest first: from here on they are delivered or counted as shed.

        What is `urgent` waits for no company.
        """
        ledger, first = self.ledger, readings[0][0]
        try:
            indexes = [self._places[reading.series, unit] for reading, unit in readings]
        except KeyError:
            indexes = [self._index(reading.series, unit) for reading, unit in readings]
        opened = ledger.open.get(lane)
        if opened is None:
            # A base at a whole millisecond: times relative to it can become relative to another, and stay the same.
            early_ns = first.boottime_ns % NS_PER_MS
            boottime_ns, wall_ns = first.boottime_ns - early_ns, first.wall_ns - early_ns
            self.record(Opened(lane, Base(self._clock.boot_id, boottime_ns, wall_ns, self._clock.state())))
            opened = ledger.open[lane]
        self.record(Taken(lane, indexes, encode_fragments([reading for reading, _ in readings], opened.base)))
        if len(opened.indexes) >= limits.SEGMENT_READINGS_MAX:
            self.record(Sealed(lane))
        if first.boottime_ns + self.commit_every_ns[lane] < self.next_commit_ns or ledger.bytes > limits.COMMIT_BYTES:
            self.commit_wanted.set()
        while ledger.bytes > limits.MEMORY_BYTES_MAX and self._shed_oldest():
            pass
        self.urgent = self.urgent or urgent or (lane is Lane.CRITICAL and self.disk_failing)
        self.news.set()

    def suppress(self, series: str, unit: str, count: int = 1) -> None:
        """Count readings that were no news."""
        self.record(Suppressed(self._index(series, unit), count))

    def note(self, kind: str, **data: Any) -> None:
        """Let the next commit write an event into the event log."""
        self.notes = [*self.notes, (kind, data)][: limits.NOTES_MAX]

    def _index(self, series: str, unit: str) -> int:
        index = self.ledger.indexes.get(series)
        if index is None or self.ledger.series[index].unit != unit:
            if index is not None:
                self.seal_all()  # What is open was read in the old unit.
            self.record(Defined(series, unit))
            self._places.clear()
            index = self.ledger.indexes[series]
        self._places[series, unit] = index
        return index

    def record(self, event: Event) -> None:
        """Write `event` to the head file, then let it happen; where `Head.keep` raises, nothing did."""
        self._head.keep(encode_event(event), lambda: encode_snapshot(self.ledger.snapshot()))
        self.ledger.apply(event)

    def seal_all(self) -> None:
        """Number what is open: only sealed segments are sent, committed or shed."""
        for lane in sorted(self.ledger.open):
            self.record(Sealed(lane))

    def _shed_oldest(self) -> bool:
        self.seal_all()
        volatile = self.ledger.volatile
        key = first_to_go(volatile, self.taken, self.ledger.writing)
        if key is not None:
            self.record(Shed(key, volatile[key].last, limits.MEMORY_FULL))
            self.taken.pop(key, None)
        return key is not None
