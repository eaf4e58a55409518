"""What the world outside knows: every reading as it was taken, what the twin holds, and the counts as they should be.

It shares no code with the ledger: what it says is what was done to the outbox and what came out of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from gateway.core.intervals import IntervalSet
from gateway.core.ledger_events import Key, Tally
from gateway.core.reading import Lane, Value
from gateway.core.segment import Outgoing, Segment, encode_pack
from gateway.core.senml import Record, decode_pack

GATEWAY = "gw"
UNITS = {"room/temperature": "Cel", "tank/level": "%EL", "panel/text": ""}
GATED = {"silo/weight": "kg", "pump/flow": "m3/s"}
"""Series that have a gate: all their readings go through it."""
KINDS = ("taken", "suppressed", "acknowledged", "quarantined")

Range = tuple[str, str, int, int]


class Read(NamedTuple):
    """A reading as it was taken; its value tells it from every other."""

    series: str
    lane: Lane
    wall_ns: int


class Books:
    """Readings, the twin, and counts by kind and series."""

    def __init__(self) -> None:
        self.number = 0
        self.reads: dict[Value, Read] = {}
        self.promised: set[Value] = set()
        self.at_risk: set[Value] = set()
        """Promised, but not against a power cut."""
        self.twin: dict[tuple[str, Lane, int], Record] = {}
        self.sent: dict[Key, list[Record]] = {}
        self.undecided: set[Value] = set()
        """What ever waited for a decision: after a power cut, the copy on the disk may be older than what was sent."""
        self.maybe_older: set[Key] = set()
        self.acknowledged: set[Key] = set()
        """What must not be sent again."""
        self.counts = {kind: Counter[str]() for kind in KINDS}
        self.half_done = {kind: Counter[str]() for kind in KINDS}
        """What was being done, and may or may not have been when the process died."""

    def new_value(self, series: str, lane: Lane, wall_ns: int) -> Value:
        """The value of a reading that is about to be taken: a number, or a text that looks like a record."""
        self.number += 1
        value: Value = f'"t":{self.number},{{"bn":"' if series == "panel/text" else float(self.number)
        self.reads[value] = Read(series, lane, wall_ns)
        self.half_done["taken"][series] += 1
        return value

    def took(self, value: Value) -> None:
        """The outbox has promised to deliver it."""
        self.promised.add(value)
        self.at_risk.add(value)
        self._done("taken")

    def suppressing(self, series: str) -> None:
        self.half_done["suppressed"][series] += 1
        self.half_done["taken"][series] += 1

    def suppressed(self) -> None:
        self._done("suppressed")
        self._done("taken")

    def holding(self, value: Value, dropped: Iterable[Value], series: str) -> None:
        """`value` is about to wait for a decision, and `dropped` turns out to be no news."""
        gone = set(dropped)
        self.undecided.add(value)
        self.promised -= gone
        self.half_done["suppressed"][series] += len(gone)

    def held(self, value: Value) -> None:
        """It waits, or is sent already."""
        self.took(value)
        self._done("suppressed")

    def acknowledging(self, taken: Iterable[Segment]) -> None:
        for segment in taken:
            self.half_done["acknowledged"].update(record.series for record in self.sent[Key(*segment.key)])

    def freed(self, keys: Iterable[Key]) -> None:
        self.half_done["acknowledged"].clear()
        for key in keys:
            assert self.holds(key), "the outbox let go of what the twin does not hold"
            self.counts["acknowledged"].update(record.series for record in self.sent[key])
            self.acknowledged.add(key)

    def rejecting(self, segment: Segment) -> None:
        """The twin can never take it: nothing is promised of it any more."""
        records = self.sent[Key(*segment.key)]
        self.half_done["quarantined"].update(record.series for record in records)
        self.promised -= {record.value for record in records}

    def rejected(self, key: Key) -> None:
        self._done("quarantined")
        self.acknowledged.add(key)

    def _done(self, kind: str) -> None:
        self.counts[kind] += self.half_done[kind]
        self.half_done[kind].clear()

    def transmit(self, segments: list[Segment], *, arrives: bool) -> None:
        """A batch leaves; where it `arrives` the twin keeps it."""
        if not segments:
            return
        pack = encode_pack([Outgoing(one, one.base.wall_ns, one.base.clock, backfill=False) for one in segments])
        for segment, received in zip(segments, decode_pack(pack, GATEWAY), strict=True):
            key = Key(*segment.key)
            assert key == (received.epoch, received.lane, received.first)
            assert key not in self.acknowledged, "what was acknowledged is sent again"
            before = self.sent.get(key, received.records)
            older = key in self.maybe_older and all(one.value in self.undecided for one in received.records)
            assert older or before == received.records, "it is not what it was before"
            self.sent[key] = received.records
            for record in received.records:
                self._check(record, received.lane)
            if arrives:
                for record in received.records:  # The twin drops what it has.
                    self.twin.setdefault((received.epoch, received.lane, record.seq), record)

    def _check(self, record: Record, lane: Lane) -> None:
        read = self.reads[record.value]
        assert (record.series, lane, record.unit) == (read.series, read.lane, (UNITS | GATED)[read.series])
        assert abs(record.time_s - read.wall_ns / 1e9) < 0.002

    def holds(self, key: Key) -> bool:
        """Whether the twin has every reading of a segment."""
        return all((key.epoch, key.lane, record.seq) in self.twin for record in self.sent[key])

    def held_ranges(self) -> list[Range]:
        """Everything that the twin holds, in as few ranges as it takes."""
        held: dict[tuple[str, Lane], IntervalSet] = {}
        for epoch, lane, seq in self.twin:
            held.setdefault((epoch, lane), IntervalSet()).add(seq, seq)
        return [(epoch, lane.label, *found) for (epoch, lane), numbers in held.items() for found in numbers.ranges()]

    def cut(self) -> None:
        """The power failed: what was at risk and has not arrived is gone, and nobody was promised it."""
        self.promised -= self.at_risk - self._arrived()
        self.at_risk.clear()
        self.maybe_older = set(self.sent)

    def lose_disk(self) -> None:
        """The database is lost: only what was not on it is still promised."""
        self.promised &= self.at_risk | self._arrived()

    def _arrived(self) -> set[Value]:
        return {record.value for record in self.twin.values()}

    def compare(self, tallies: dict[str, Tally]) -> None:
        """The outbox counts as we do."""
        for kind in KINDS:
            assert {name: getattr(tally, kind) for name, tally in tallies.items() if getattr(tally, kind)} == {
                name: count for name, count in self.counts[kind].items() if count
            }, f"{kind} is counted wrong"

    def adopt(self, tallies: dict[str, Tally], *, forgetful: bool) -> None:
        """Go on with the counts of the next process: ours, perhaps with what was half done, or less (`forgetful`)."""
        for kind in KINDS:
            ours, half = self.counts[kind], self.half_done[kind]
            found = Counter({name: getattr(tally, kind) for name, tally in tallies.items()})
            assert found <= ours + half, f"{kind} is counted double"
            assert forgetful or found >= ours, f"{kind} was forgotten"
            self.counts[kind] = found
            half.clear()

    def check_end(self) -> None:
        """Everything that was promised is in the twin, once, and in order."""
        values = Counter(record.value for record in self.twin.values())
        assert not [value for value, count in values.items() if count > 1], "a reading is in the twin twice"
        assert self.promised <= set(values), "a promised reading never reached the twin"
        numbers = list(self.reads)
        last: dict[tuple[str, Lane, str], int] = {}
        for (epoch, lane, _), record in sorted(self.twin.items()):
            place = numbers.index(record.value)
            assert last.get((epoch, lane, record.series), -1) < place, "a series is out of order"
            last[epoch, lane, record.series] = place
