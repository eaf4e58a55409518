"""Puts what the outbox holds in memory on the disk when it is due, and forgets there what the twin holds."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.ledger_events import Committed, Committing, Deleted, Gap, Key, Quarantined
from gateway.core.reading import Lane
from gateway.core.segment import Segment
from gateway.errors import StoreError
from gateway.finishing import finished
from gateway.store import segments as disk
from gateway.store.audit import audit
from gateway.store.database import Database, Statement
from gateway.store.limits import DELETE_ROWS, HELD_NS
from gateway.store.mark import Mark, position_of
from gateway.store.outbox import Outbox
from gateway.store.segments import Origin
from gateway.store.young import Joined

RETRY_S = 5.0
"""A disk that is full or failing is asked again this often; meanwhile the outbox's memory holds what comes."""
HANGS_S = 5.0
"""A card that tidies itself up may take a second or two for a write; what takes longer counts as failed meanwhile."""
DELETE_ROWS_MAX = 512
"""In one transaction: each may touch a page of its own, and all of them go through the WAL."""
GAPS_MAX = 5000
"""In one transaction; those that follow each other are one."""
CHECK_S_MAX = 60.0
"""The longest wait for a deadline, so that a clock that was stopped (suspend) is noticed."""

log = structlog.get_logger("store")


class Committer:
    """The loop behind `Outbox`: wait until something is due, write it in one transaction, record that it is there."""

    stands_in = False
    """Whether there is no store at all."""

    def __init__(
        self, outbox: Outbox, database: Database, clock: Clock, mark: Mark, origin: Origin, top_row: int
    ) -> None:
        self._outbox = outbox
        self._database = database
        self._clock = clock
        self._top_row = top_row
        self._mark = mark
        self._origin = origin
        self._commits = origin.commits
        self._committing = asyncio.Lock()
        self._owed_since_ns: int | None = None
        self.event: Callable[..., Iterable[Statement]] = _no_event
        """Makes the statements that write an event (kind, then its data) into the event log."""
        self.relieve: Callable[[], Awaitable[bool]] = _no_relief
        """Called after every commit to keep the quota; True where rows have to be deleted for it."""
        self.failure = ""
        """Why the last commit failed; empty while the disk takes what it is given."""

    async def run(self) -> None:
        """Commit when due, for ever. A disk that fails is named once when it begins and once when it is over."""
        outbox = self._outbox
        while True:
            outbox.commit_wanted.clear()
            outbox.next_commit_ns = due = self.due_ns()
            wait_s = max(0.0, (due - self._clock.boottime_ns()) / NS_PER_S) if due < math.inf else CHECK_S_MAX
            if wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(wait_s, CHECK_S_MAX)):
                        await outbox.commit_wanted.wait()
                continue
            if not await self._try_commit():
                await asyncio.sleep(RETRY_S)

    def due_ns(self) -> float:
        """The boottime at which the next commit has to begin; infinite while nothing needs one."""
        outbox, ledger = self._outbox, self._outbox.ledger
        if outbox.disk_failing or outbox.damaged or outbox.crowded or len(ledger.freed) >= DELETE_ROWS:
            return 0.0
        held = [(lane, opened.base) for lane, opened in ledger.open.items()]
        held += [(key.lane, segment.base) for key, segment in ledger.volatile.items()]
        dues = [base.boottime_ns + outbox.commit_every_ns[lane] for lane, base in held]
        if not (ledger.freed or ledger.gaps or ledger.quarantine or outbox.notes):
            self._owed_since_ns = None
        else:  # Counted from when it was seen first: it must come about even where no reading ever needs a commit.
            if self._owed_since_ns is None:
                self._owed_since_ns = self._clock.boottime_ns()
            dues.append(self._owed_since_ns + outbox.commit_every_ns[Lane.NORMAL])
        dues += [since_ns + HELD_NS for since_ns in outbox.held_since_ns.values()]
        return min(dues, default=math.inf)

    async def _try_commit(self) -> bool:
        try:
            if self._outbox.damaged:
                await self._repair()
            await self.commit()
        except StoreError as error:
            self._outbox.fail_disk()
            if not self.failure:
                log.error("commit failed", reason=str(error), hint=error.hint, retry_s=RETRY_S)
            self.failure = str(error)
            return False
        if self.failure:
            log.info("commit works again")
        self.failure = ""
        return True

    async def commit(self) -> None:
        """Put everything that is not acknowledged on the disk, and delete there what is.

        Raises:
            StoreError: nothing changed on the disk; everything is still in memory.
        """
        # Finished even when the caller is cancelled: half a commit would be written twice.
        await finished(self._commit())

    async def close(self) -> None:
        """Commit, and keep the counts even where no reading waits.

        Raises:
            StoreError: the disk does not take it.
        """
        # In one transaction, so that the counts are those of what is on the disk, whatever happens meanwhile.
        await finished(self._commit(closing=True))

    async def _commit(self, *, closing: bool = False) -> None:
        async with self._committing:
            outbox, ledger = self._outbox, self._outbox.ledger
            outbox.seal_all()
            kept = dict(ledger.volatile)
            gone = [key for key in ledger.freed if key in outbox.rows][:DELETE_ROWS_MAX]
            owed = ledger.gaps or ledger.quarantine or outbox.notes or outbox.held_long()
            # Where the last one failed, also when nothing waits any more: it tells whether the disk works again.
            if not (kept or gone or owed or closing or outbox.disk_failing):
                return
            joined = [] if outbox.disk_failing else outbox.young.due(outbox.segment_bytes)
            rows = {key: self._top_row + 1 + place for place, key in enumerate(kept)}
            gaps, apart, notes = ledger.gaps[:GAPS_MAX], list(ledger.quarantine), list(outbox.notes)
            outbox.record(Committing(list(kept), self._commits + 1, len(gaps), len(apart), held=True))
            since_ns, began_ns = dict(outbox.held_since_ns), self._clock.boottime_ns()
            outbox.reserved.update(key for one in joined for key in one.keys)
            hanging = asyncio.get_running_loop().call_later(HANGS_S, self._on_hang)
            try:
                await self._database.write(
                    # Deleted first: the room is needed for what comes.
                    *disk.delete((key.lane, outbox.rows[key]) for key in gone),
                    *disk.delete((one.lane, row) for one in joined for row in one.rows),
                    *disk.insert((one.rows[0], one.segment) for one in joined),
                    *disk.insert((rows[key], segment) for key, segment in kept.items()),
                    disk.save_ledger(ledger.snapshot(), self._commits + 1, gone),
                    *disk.keep_undecided(ledger.undecided()),
                    *disk.put_away(apart),
                    *self._events(gaps, apart, notes),
                )
            except BaseException as error:
                outbox.reserved.clear()
                outbox.record(Committed(stored=False))
                if isinstance(error, StoreError):
                    outbox.fail_disk()
                    with contextlib.suppress(StoreError):
                        await self.relieve()  # It may be full, and take again what it has room for.
                raise
            finally:
                hanging.cancel()
            outbox.disk_failing = False
            del outbox.notes[: len(notes)]
            outbox.kept_held(since_ns, began_ns)
            self._settle(kept, rows, gone)
            self._settle_joined(joined)
            self._commits += 1
            self.write_mark()
            if await self.relieve():
                outbox.commit_wanted.set()

    def _on_hang(self) -> None:
        if not self.failure:
            log.error("commit hangs", seconds=HANGS_S)
        self.failure = f"the disk has not answered for {HANGS_S:g} s"
        self._outbox.fail_disk()

    def _events(
        self, gaps: list[Gap], apart: list[Quarantined], notes: list[tuple[str, dict[str, Any]]]
    ) -> Iterator[Statement]:
        gateway = self._outbox.ledger.gateway
        for gap in [*gaps, *(one.gap(gateway) for one in apart)]:
            yield from self.event(
                "gap", epoch=gap.epoch, lane=gap.lane.label, first=gap.first, last=gap.last, reason=gap.reason,
                readings=gap.counts,
            )  # fmt: skip
        for kind, data in notes:
            yield from self.event(kind, **data)

    def write_mark(self) -> None:
        """Keep outside the database how far it has come."""
        self._mark.write(position_of(self._outbox.ledger, self._origin.store_id, self._commits))

    async def _repair(self) -> None:
        """A segment that was to be sent is damaged: delete it, count it, go on."""
        async with self._committing:
            self._outbox.record(await audit(self._database, self._outbox.ledger, self._outbox.known_rows))
            self._outbox.damaged = False
            self._outbox.young.clear()
            lanes, _, _ = await disk.load_waiting(self._database)
            self._outbox.set_stored(lanes)

    def _settle(self, kept: dict[Key, Segment], rows: dict[Key, int], gone: list[Key]) -> None:
        outbox = self._outbox
        self._top_row += len(rows)
        outbox.record(Committed(stored=True))
        outbox.record(Deleted(gone))
        outbox.rows.update(rows)
        for key, segment in kept.items():
            if key not in outbox.ledger.freed:
                outbox.stored[key.lane] += 1
                outbox.live.stored(segment)
                if key not in outbox.offered and key.epoch == outbox.ledger.epoch:
                    outbox.young.add(rows[key], segment)
        outbox.offered &= outbox.ledger.volatile.keys()
        held = outbox.taken.keys() | outbox.ledger.freed.keys()
        outbox.rows = {key: row for key, row in outbox.rows.items() if key in held}
        outbox.news.set()

    def _settle_joined(self, joined: list[Joined]) -> None:
        outbox = self._outbox
        outbox.reserved.clear()
        for one in joined:
            outbox.stored[one.lane] -= len(one.keys) - 1
            for key in one.keys:
                outbox.young.leave(key)


def _no_event(_kind: str, **_data: Any) -> Iterable[Statement]:
    return ()


async def _no_relief() -> bool:
    return False
