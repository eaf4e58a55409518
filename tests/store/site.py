"""What can happen to an outbox, as steps that anybody can put in any order; each checks what it can check at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence

from gateway.core.ledger_events import Key, Tally
from gateway.core.reading import Lane, Reading
from gateway.core.segment import Segment
from gateway.errors import StoreError
from tests.store.books import UNITS, Books, Range
from tests.store.box import Box, Killed, Work

EVERYTHING = 10_000
WORKS = ("read", "acknowledge", "acknowledge", "send live", "send stored", "lose link", "reject")
"""What may happen in the middle of a commit."""

Plan = Sequence[tuple[str, Lane, float]]
"""Readings to be taken: series, lane, seconds since the one before."""


class Site:
    """A box with its outbox, and the world around it."""

    def __init__(self) -> None:
        self.box = Box()
        self.books = Books()
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
            "die": self.box.die_now,
        }
        return [works[name] for name in names]

    # What takes its time.

    def send_stored(self, limit: int = EVERYTHING, *, arrives: bool = True) -> None:
        self.box.runner.run(self.take_stored(limit, arrives=arrives))

    def lose_link_while_reading_the_disk(self) -> None:
        async def both() -> None:
            taking = asyncio.create_task(self.take_stored(5))
            await asyncio.sleep(0)
            self.outbox.release()
            await taking

        self.box.runner.run(both())

    def commit(self, before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
        """Commit, while other things happen before and after the transaction."""
        self._durably(lambda: self.box.runner.run(self.box.opened.committer.commit()), before, after)

    def _durably(self, deed: Callable[[], None], before: Iterable[str], after: Iterable[str]) -> None:
        """What was at risk when the transaction of `deed` began is not any more when it is over."""
        included = set()
        self.box.before_write = [lambda: included.update(self.books.at_risk), *self.works(before)]
        self.box.after_write = self.works(after)
        deed()
        self.books.at_risk -= included
        self.box.before_write, self.box.after_write = [], []
        self.disk_failed = False

    def fail_to_commit(self, before: Iterable[str]) -> None:
        """A commit fails, and what is critical goes out of the memory."""
        self.box.disk_fails = True
        try:
            self.commit(before)
        except StoreError:
            self.disk_failed = True
            self.send_live()
            assert not self.outbox.critical_in_memory, "a dead disk keeps a critical reading back"
        self.box.disk_fails = False

    def commit_and_hear_a_lie(self, plan: Plan) -> None:
        """The transaction is reported as failed and is on the disk all the same."""
        self.box.fuse = None
        self.read(plan)
        self.box.disk_lies = True
        self.commit()

    def die_with_a_deletion(self, works: Sequence[str]) -> None:
        """A transaction that deletes what the twin has arrives, and the process dies before it knows."""
        self.box.fuse = None
        self.send_stored()
        self.acknowledge_all()
        self.commit(works, [*works, "die"])

    def die_with_an_acknowledgement(self, plan: Plan) -> None:
        """The twin acknowledges during a commit, which arrives, and the process dies before it knows."""
        self.box.fuse = None
        self.read(plan)
        self.send_live()
        self.commit(["acknowledge"], ["die"])

    def stay_offline(self, commits: int, works: Sequence[str] = ()) -> None:
        """Nothing is sent for some commits, which join what the ones before them wrote; `works` while the last does."""
        for number in range(commits):
            self.read([("tank/level", Lane.NORMAL, 0.7), ("room/temperature", Lane.NORMAL, 0.001)])
            self.commit(works if number == commits - 1 else ())

    def settle(self) -> None:
        """Bring it to rest: whatever has arrived is acknowledged, and nothing is left to write but counts."""
        for _ in range(3):
            self.send_live()
            self.acknowledge_all()
            self.commit()
        self.suppress("panel/text")

    # Ends and beginnings.

    def stop(self, before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
        """End in order, while other things happen before and after the last transaction."""
        self._durably(self.box.stop, before, after)

    def die(self, doing: Callable[[], None], fuse: int, **how: bool) -> None:
        """Die after so many durable steps of `doing`, or when it is done."""
        self.box.fuse = fuse
        with contextlib.suppress(Killed, StoreError):
            doing()
        self.box.die(**how)
        if how.get("power"):
            self.books.cut()
        if how.get("lose_database"):
            self.books.lose_disk()

    def start(self, *, forgetful: bool = False) -> None:
        """Run again; `forgetful` where the newest acknowledgements may have gone with the end, and are sent again."""
        self.box.start()
        self.disk_failed = False
        self.books.at_risk -= self.box.values_on_disk()
        if forgetful:
            self.books.acknowledged.clear()
        self.books.adopt(self._tallies(), forgetful=forgetful)

    def _tallies(self) -> dict[str, Tally]:
        ledger = self.outbox.ledger
        return dict(zip((series.name for series in ledger.series), ledger.tallies, strict=True))

    # What holds at any time.

    def check(self) -> None:
        """Every reading is accounted for, and the outbox knows what is on the disk."""
        outbox, ledger = self.outbox, self.outbox.ledger
        self.books.compare(self._tallies())
        assert all(tally.balanced and tally.waiting >= 0 for tally in ledger.tallies)
        in_memory = sum(one.count for one in ledger.volatile.values())
        in_memory += sum(len(opened.indexes) for opened in ledger.open.values())
        rows = {(epoch, lane, first): last - first + 1 for epoch, lane, first, last in self.box.rows()}
        waiting = {key: count for key, count in rows.items() if key not in ledger.freed}
        assert ledger.total().waiting == in_memory + sum(waiting.values())
        assert set(ledger.freed) <= set(rows)
        assert set(ledger.freed) <= set(outbox.rows)
        assert sum(outbox.stored.values()) == len(waiting)
        assert outbox.has_stored == any(key not in outbox.taken for key in waiting)

    def drain(self) -> None:
        """Everything is sent, lost batches once more; then nothing waits and nothing is missing."""
        self.lose_link()
        for _ in range(2 + len(self.box.rows()) // 4):
            self.send_live()
            self.send_stored()
            self.acknowledge_all()
            self.commit()
        total = self.outbox.ledger.total()
        assert (total.waiting, total.shed, self.box.rows()) == (0, 0, [])
        self.books.check_end()
