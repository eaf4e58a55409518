"""The part of the outbox's state that waits for a decision, and the numbers that it is sent under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from gateway.core import ledger_size as size
from gateway.core.held import Held, Place, Undecided, runs
from gateway.core.ledger_counts import Counts
from gateway.core.ledger_events import Gap, Key
from gateway.core.reading import Lane
from gateway.core.segment import Base, Segment, seal

NOT_NEEDED = "not_needed"
"""A number was kept for something that was no news in the end."""


class HeldBack(Counts):
    """What waits of each series, by index and slot."""

    def __init__(self, gateway: str, epoch: str) -> None:
        super().__init__(gateway)
        self.epoch = epoch
        self.next_seq = dict.fromkeys(Lane, 1)
        self.volatile: dict[Key, Segment] = {}
        """Sealed, not acknowledged, not on the disk; oldest first."""
        self.held: dict[Place, Undecided] = {}
        """Readings that wait for the decision whether they are sent."""
        self.bytes = 0
        """What is open, volatile, held, shed and quarantined takes no more than this in a snapshot."""
        self.held_bytes = 0
        """So much of it is held."""

    def hold(self, event: Held) -> list[Gap]:
        """Change what waits; returns the numbers that will never be used."""
        unused = [] if event.also is None else self.hold(event.also)
        place = (event.index, event.slot)
        before = self.held.pop(place, None) or Undecided(event.index, event.slot, event.lane, event.base, [])
        count, numbers, lane = len(before.fragments), before.numbers, event.lane
        self._weigh(before, -1)
        if event.sent:
            self._send(before, event)
            numbers = numbers[len(event.sent) :]
        after = msgspec.structs.replace(before, base=event.base, fragments=event.fragments, numbers=numbers)
        if event.more:
            after.base, after.fragments = before.base, before.fragments + event.fragments
        after.lane = before.lane if numbers else lane
        if after.fragments:
            self.held[place] = after
            self._weigh(after, 1)
        else:
            unused += self._unused(after)
        tally = self.tallies[event.index]
        more = len(after.fragments) - count + len(event.sent)
        tally.taken += more + event.suppressed
        tally.waiting += more
        tally.suppressed += event.suppressed
        return unused

    def _weigh(self, one: Undecided, sign: int) -> None:
        if one.fragments:
            self.bytes += sign * size.of_held(one)
            self.held_bytes += sign * size.of_held(one)

    def _send(self, before: Undecided, event: Held) -> None:
        for segment in self._numbered(before, event.base, event.sent):
            self.volatile[Key(*segment.key)] = segment
            self.bytes += size.of_segment(segment.body)

    def _numbered(self, one: Undecided, base: Base, fragments: Sequence[str]) -> Iterator[Segment]:
        """Segments of `fragments`, under the first numbers of `one`."""
        numbers = one.numbers[: len(fragments)]
        for begin, end in runs(numbers):
            body = seal([one.index] * (end - begin), fragments[begin:end], self.heads)
            yield Segment(one.lane, one.epoch, numbers[begin], numbers[end - 1], base, body)

    def _unused(self, one: Undecided) -> list[Gap]:
        numbers = one.numbers
        return [
            Gap(one.epoch, one.lane, numbers[begin], numbers[end - 1], NOT_NEEDED, {}) for begin, end in runs(numbers)
        ]

    def number_held(self) -> None:
        """Give numbers to all that waits and has none."""
        for one in self.held.values():
            missing = len(one.fragments) - len(one.numbers)
            if missing > 0:
                self._weigh(one, -1)
                first = self.next_seq[one.lane]
                self.next_seq[one.lane] = first + missing
                one.numbers, one.epoch = [*one.numbers, *range(first, first + missing)], self.epoch
                self._weigh(one, 1)

    def undecided(self) -> list[Segment]:
        """What waits and has numbers, as the segments that it would be."""
        return [segment for one in self.held.values() for segment in self._numbered(one, one.base, one.fragments)]
