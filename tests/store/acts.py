"""What can happen to an outbox at any time, also in the middle of a commit; each checks what it can check at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.ledger_events import Key
from gateway.core.reading import Lane, Reading
from gateway.core.segment import Segment
from tests.store.books import GATED, UNITS, Books, Range
from tests.store.box import Box, Work
from tests.store.holding import WINDOWED, outcome_of

EVERYTHING = 10_000
WORKS = ("read", "acknowledge", "acknowledge", "send live", "send stored", "lose link", "reject", "hold", "let go")
"""What may happen in the middle of a commit."""

Plan = Sequence[tuple[str, Lane, float]]
"""Readings to be taken: series, lane, seconds since the one before."""


class Acts:
    """A box with its outbox, and the world around it."""

    def __init__(self) -> None:
        self.box = Box()
        self.books = Books()
        self.waiting: dict[str, list[Reading]] = {}
        """What the gate of a series holds; it does not outlive the process."""
        self.disk_failed = False
        """Whether the last transaction that was tried was said to have failed."""

    @property
    def outbox(self):
        return self.box.opened.outbox

    # What can happen at any time, also in the middle of a commit.

    def read(self, plan: Plan) -> None:
        clock = self.box.clock
        for series, lane, seconds in plan:
            clock.advance(seconds)
            value = self.books.new_value(series, lane, clock.wall_ns())
            self.outbox.append(Reading(series, value, clock.boottime_ns(), clock.wall_ns()), UNITS[series], lane)
            self.books.took(value)

    def hold(self, series: str, how: str, seconds: float = 1.0) -> None:
        """A gate decides: a reading comes, and something waits or has waited."""
        clock, before = self.box.clock, self.waiting.get(series, [])
        clock.advance(seconds)
        value = self.books.new_value(series, Lane.NORMAL, clock.wall_ns())
        now = Reading(series, value, clock.boottime_ns(), clock.wall_ns())
        outcome = outcome_of(how, before, now, windowed=series in WINDOWED)
        self.books.holding(value, [one.value for one in outcome.dropped], series)
        self.outbox.decide(now, GATED[series], Lane.NORMAL, outcome)
        self.waiting[series] = [one for one in outcome.held if isinstance(one, Reading)]
        self.books.held(value)

    def suppress(self, series: str) -> None:
        self.books.suppressing(series)
        self.outbox.suppress(series, UNITS[series])
        self.books.suppressed()

    def _transmit(self, segments: list[Segment], *, arrives: bool) -> None:
        on_disk = {(epoch, lane, first) for epoch, lane, first, _ in self.box.rows()}
        for one in segments:
            early = one.lane is Lane.CRITICAL and one.key not in on_disk
            assert not early or self.disk_failed, "a critical reading is sent before its commit"
            assert not early or self.outbox.disk_failing
        self.books.transmit(segments, arrives=arrives)

    def send_live(self, limit: int = EVERYTHING, *, arrives: bool = True) -> None:
        self._transmit(self.outbox.take_live(limit), arrives=arrives)

    async def take_stored(self, limit: int = EVERYTHING, *, arrives: bool = True) -> None:
        self._transmit(await self.outbox.take_stored(limit), arrives=arrives)
        joining = bool(self.outbox.reserved)
        assert limit < EVERYTHING or joining or not self.outbox.has_stored, "something on the disk is passed over"

    def acknowledge(self, ranges: list[Range]) -> None:
        self.books.acknowledging(self.outbox.taken.values())
        self.books.freed(self.outbox.acknowledge(ranges))

    def acknowledge_all(self) -> None:
        """The twin names everything that it holds, of every epoch."""
        self.acknowledge(self.books.held_ranges())

    def acknowledge_some(self, picks: Iterable[int]) -> None:
        """The twin names some of what is on its way and has arrived."""
        taken = list(self.outbox.taken.values())
        chosen = [taken[pick % len(taken)] for pick in picks if taken]
        held = [one for one in chosen if self.books.holds(Key(*one.key))]
        self.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in held])

    def acknowledge_nonsense(self) -> None:
        """Somebody names what was never sent, or not wholly."""
        ranges: list[Range] = [("0123456789abcdef-1", "nonsense", 1, 10)]
        for one in self.outbox.taken.values():
            epoch, label = one.epoch, one.lane.label
            ranges += [("f" + epoch[1:], label, one.first, one.last), (epoch, "nonsense", one.first, one.last)]
            ranges += [(epoch, label, one.last + 1_000, EVERYTHING)]
            if one.count > 1:
                ranges += [(epoch, label, one.first + 1, one.last), (epoch, label, one.first, one.last - 1)]
        assert self.outbox.acknowledge(ranges) == []

    def reject(self, pick: int) -> None:
        """The twin can never take one of those that are on their way."""
        taken = list(self.outbox.taken.items())
        if taken:
            key, segment = taken[pick % len(taken)]
            self.books.rejecting(segment)
            self.outbox.reject(key, "the unit is unknown")
            self.books.rejected(key)

    def lose_link(self, *, some: bool = False) -> None:
        self.outbox.release(list(self.outbox.taken)[::2] if some else None)

    def works(self, names: Iterable[str]) -> list[Work]:
        works: dict[str, Work] = {
            "read": lambda: self.read([("tank/level", Lane.NORMAL, 0.001), ("panel/text", Lane.CRITICAL, 0)]),
            "acknowledge": self.acknowledge_all,
            "send live": self.send_live,
            "send stored": self.take_stored,
            "lose link": self.lose_link,
            "reject": lambda: self.reject(7),
            "hold": lambda: self.hold("silo/weight", "replace", 0.001),
            "let go": lambda: self.hold("silo/weight", "turn", 0.001),
            "die": self.box.die_now,
        }
        return [works[name] for name in names]
