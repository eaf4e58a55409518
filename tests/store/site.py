"""What can happen to an outbox, as steps that anybody can put in any order; each checks what it can check at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence

from gateway.core.ledger_events import Tally
from gateway.core.reading import Lane
from gateway.errors import StoreError
from tests.store.acts import EVERYTHING, Acts, Plan
from tests.store.box import Killed


class Site(Acts):
    """What takes its time, and how it ends and begins."""

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
        self.waiting.clear()  # The outbox sends what is held before all else.
        self._durably(self.box.stop, before, after)
        self.waiting.clear()

    def die(self, doing: Callable[[], None], fuse: int, **how: bool) -> None:
        """Die after so many durable steps of `doing`, or when it is done."""
        self.box.fuse = fuse
        with contextlib.suppress(Killed, StoreError):
            doing()
        self.box.die(**how)
        self.waiting.clear()
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
        in_memory += sum(len(held.fragments) for held in ledger.held.values())
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
        self.outbox.release_held()
        self.waiting.clear()
        for _ in range(2 + len(self.box.rows()) // 4):
            self.send_live()
            self.send_stored()
            self.acknowledge_all()
            self.commit()
        total = self.outbox.ledger.total()
        assert (total.waiting, total.shed, self.box.rows()) == (0, 0, [])
        self.books.check_end()
