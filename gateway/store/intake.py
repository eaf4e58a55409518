"""The half of the outbox that readings come in by; `outbox.py` is the whole, and says what is promised."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

from gateway.clock import NS_PER_S, Clock
from gateway.core.aggregate import Item, encode_items
from gateway.core.gate import Outcome
from gateway.core.held import Held, Place
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    Defined,
    Event,
    Key,
    Opened,
    OpenSegment,
    Sealed,
    Shed,
    Suppressed,
    Taken,
    encode_event,
    encode_snapshot,
)
from gateway.core.ledger_restore import release_held
from gateway.core.ledger_size import of_fragments
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
        self.overtaken: set[Key] = set()
        """Segments of whose series a newer reading went first."""
        self._alarmed: set[bytes] = set()
        """Series that have readings in the critical lane although they belong into another."""
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
        self.segment_bytes: float = math.inf
        """What the link carries in a second, which a segment should not exceed; infinite where nothing is known."""
        self.alarmed: Callable[[], None] = _ignore
        """Called when a critical reading was taken in."""
        self._head = head
        self._clock = clock
        slow, fast = settings.commit_every_s * NS_PER_S, settings.commit_every_high_s * NS_PER_S
        self.commit_every_ns = {Lane.CRITICAL: 0.0, Lane.HIGH: fast, Lane.NORMAL: slow, Lane.LOW: slow}
        self.held_since_ns: dict[Place, int] = {}
        """Since when something is held that is not on the disk as it was then."""
        self._places: dict[tuple[str, str], int] = {}

    def append(self, reading: Reading, unit: str, lane: Lane, *, urgent: bool = False) -> None:
        """Take one reading in; see `append_all`."""
        self.append_all([(reading, unit)], lane, urgent=urgent)

    def append_all(self, readings: Sequence[tuple[Reading, str]], lane: Lane, *, urgent: bool = False) -> None:
        """Take readings in, each with its unit, oldest first: from here on they are delivered or counted as shed.

        What is `urgent` waits for no company.
        """
        first = readings[0][0]
        try:
            indexes = [self._places[reading.series, unit] for reading, unit in readings]
        except KeyError:
            indexes = [self._index(reading.series, unit) for reading, unit in readings]
        base = self._open(lane, first)
        self.record(Taken(lane, indexes, encode_fragments([reading for reading, _ in readings], base)))
        self._taken(lane, first.boottime_ns, urgent=urgent)

    def _base(self, reading: Reading) -> Base:
        # At a whole millisecond: times relative to it can become relative to another base, and stay the same.
        early_ns = reading.boottime_ns % NS_PER_MS
        boottime_ns, wall_ns = reading.boottime_ns - early_ns, reading.wall_ns - early_ns
        return Base(self._clock.boot_id, boottime_ns, wall_ns, self._clock.state())

    def _open(self, lane: Lane, reading: Reading) -> Base:
        """The base of the open segment of a lane, which begins with `reading` where there is none."""
        if lane not in self.ledger.open:
            self.record(Opened(lane, self._base(reading)))
        return self.ledger.open[lane].base

    def _taken(self, lane: Lane, boottime_ns: int, *, urgent: bool) -> None:
        ledger = self.ledger
        if self._filled(ledger.open[lane]):
            self.record(Sealed(lane))
        self._wake(lane, boottime_ns, urgent=urgent)

    def _wake(self, lane: Lane, boottime_ns: int, *, urgent: bool) -> None:
        """Let those know who write to the disk and who send: there is something new in a lane."""
        ledger = self.ledger
        if boottime_ns + self.commit_every_ns[lane] < self.next_commit_ns or self.crowded:
            self.commit_wanted.set()
        while ledger.bytes > limits.MEMORY_BYTES_MAX and self._shed_oldest():
            pass
        if lane is Lane.CRITICAL:
            self.alarmed()
        self.urgent = self.urgent or urgent or (lane is Lane.CRITICAL and self.disk_failing)
        self.news.set()

    def _filled(self, opened: OpenSegment) -> bool:
        if len(opened.indexes) >= limits.SEGMENT_READINGS_MAX:
            return True
        return self.segment_bytes < math.inf and of_fragments(opened.fragments) >= self.segment_bytes

    @property
    def crowded(self) -> bool:
        """Whether so much is in memory that it is committed before its time; what is held stays in any case."""
        return self.ledger.bytes - self.ledger.held_bytes > limits.COMMIT_BYTES

    def decide(self, now: Reading, unit: str, lane: Lane, outcome: Outcome, *, urgent: bool = False) -> None:
        """Do what a gate says of a series at the time of the reading `now`.

        What is held is taken in too: it counts as waiting, and after a crash it is sent.
        """
        index = self._places.get((now.series, unit))
        if index is None:
            index = self._index(now.series, unit)
        rest, held = self._slots(index, now, lane, outcome)
        suppressed = len(outcome.dropped)
        if held is not None:
            held.suppressed = suppressed
        elif suppressed:
            self.record(Suppressed(index, suppressed))
        if rest:
            base = self._open(lane, now)
            self.record(Taken(lane, [index] * len(rest), encode_items(rest, base), held))
            self._taken(lane, now.boottime_ns, urgent=urgent)
        elif held is not None:
            self.record(held)
            if outcome.send:
                self._wake(lane, now.boottime_ns, urgent=urgent)

    def _slots(self, index: int, now: Reading, lane: Lane, outcome: Outcome) -> tuple[tuple[Item, ...], Held | None]:
        """What of `outcome` is sent under numbers of its own time, and all else that changes."""
        rest: tuple[Item, ...] = ()
        change: Held | None = None
        parts = (
            (0, outcome.send[: outcome.closed], outcome.held[: outcome.open]),
            (1, outcome.send[outcome.closed :], outcome.held[outcome.open :]),
        )
        for slot, send, held in parts:
            place = (index, slot)
            before = self.ledger.held.get(place)
            if before is None and not held:
                rest += send
                continue
            numbered, known = (0, 0) if before is None else (len(before.numbers), len(before.fragments))
            rest += send[numbered:]
            base = self._base(now)
            more = before is not None and not send and len(held) > known
            if before is not None and more:
                base = before.base
            fragments, sent = encode_items(held[known if more else 0 :], base), encode_items(send[:numbered], base)
            change = Held(index, lane, base, fragments, slot=slot, more=more, sent=sent, also=change)
            if not held:
                self.held_since_ns.pop(place, None)
            elif send or before is None:
                self.held_since_ns[place] = now.boottime_ns
                if now.boottime_ns + limits.HELD_NS < self.next_commit_ns:
                    self.commit_wanted.set()
        return rest, change

    def overtake(self, series: str) -> None:
        """A critical reading of a series goes first: what waits of it in other lanes comes late from now on."""
        self.seal_all()
        name = f'"{self.ledger.gateway}/{series}"'.encode()
        self._alarmed.add(name)
        waiting = self.ledger.volatile.items()
        self.overtaken |= {key for key, one in waiting if key.lane is not Lane.CRITICAL and name in one.body}

    def release_held(self) -> None:
        """Send what is held: nobody will decide about it any more."""
        release_held(self.ledger, self.record)
        self.held_since_ns.clear()

    def held_long(self) -> bool:
        """Whether something is held that has to go to the disk by a commit of its own."""
        now_ns = self._clock.boottime_ns()
        return any(now_ns - since_ns >= limits.HELD_NS for since_ns in self.held_since_ns.values())

    def kept_held(self, as_of: dict[Place, int], now_ns: int) -> None:
        """What was held since these times is on the disk as it was at `now_ns`."""
        self.held_since_ns |= {
            place: now_ns for place, since in as_of.items() if self.held_since_ns.get(place) == since
        }

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


def _ignore() -> None:
    """What nobody listens to."""
