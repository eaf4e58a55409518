"""Keeps the store within its quota: a hard cap on its files, and an order in which readings give way before it.

`max_page_count` is the cap; SQLite refuses to grow the file beyond it. Well before, after a commit that found the store
nearly full, the oldest segments give way step by step (`core/shedding.py`). Shedding counts and leaves a gap in the
event log; thinning replaces segments in one transaction by a coarser one for the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from gateway.core.ledger_events import Key, Shed
from gateway.core.reading import Lane
from gateway.core.segment import Segment, series_counts
from gateway.core.shedding import Action, Step, next_step
from gateway.core.thinning import can_join, thin
from gateway.store import segments as disk
from gateway.store.database import PAGE_BYTES, Database
from gateway.store.files import keep_newest_aside
from gateway.store.outbox import Outbox

WAL_BYTES = 1_572_864
"""Set aside for the WAL: 500 pages until its checkpoint, one large transaction, and its headers."""
FULL_SHARE, ENOUGH_SHARE = 0.90, 0.87
"""Of what the quota leaves: giving way begins at the one and ends at the other. The rest is for critical readings."""
EASY_SHARE = 0.75
"""Below it the store is said to have room again."""
KEEP_FREE_BYTES = 1_048_576
"""Free pages that are kept: commits that find room need not grow the file, which would cost more writes."""
ASIDE_SHARE = 0.25
"""Of the quota, for damaged databases that were set aside. They count, but never so much that readings have less than
half: one that was as large as the quota is kept, and then the files together exceed it until a person removes it."""
GIVE_BACK_PAGES = 256
RUN_ROWS = 64
"""Segments that give way at once: some minutes of an ordinary site."""
RUN_BYTES = 262_144
"""Before compression, of what is thinned at once: its records are in memory meanwhile, with ten times its size."""
STEPS_MAX = 200
"""In one go; the next commit goes on, so that a much smaller quota does not stop the loop for long."""
QUOTA_FULL = "quota_full"

log = structlog.get_logger("store")


class Quota:
    """The cap and the order."""

    def __init__(self, outbox: Outbox, database: Database, directory: Path, quota_bytes: int) -> None:
        self._outbox = outbox
        self._database = database
        self._directory = directory
        self._quota_bytes = quota_bytes
        self._room_bytes = quota_bytes - WAL_BYTES
        self.used = 0
        """Bytes that hold something, as of the last commit."""
        self.pressed = False
        """Whether readings have to give way."""

    async def cap(self) -> None:
        """Tell SQLite how large the file may become, beside what was set aside, of which only the newest stays.

        Raises:
            StoreError: the database does not answer.
        """
        quota = self._quota_bytes
        aside = keep_newest_aside(self._directory, self._database.aside, int(quota * ASIDE_SHARE))
        self._room_bytes = max(quota - WAL_BYTES - aside, quota // 2 - WAL_BYTES)
        await self._database.read(f"PRAGMA max_page_count={max(1, self._room_bytes // PAGE_BYTES)}")
        self.used = await self.used_bytes()

    @property
    def room_bytes(self) -> int:
        """What readings may take before they have to give way."""
        return int(self._room_bytes * FULL_SHARE)

    async def used_bytes(self) -> int:
        """Bytes of the database file that hold something.

        Raises:
            StoreError: the database does not answer.
        """
        pages = (await self._database.read("PRAGMA page_count"))[0][0]
        free = (await self._database.read("PRAGMA freelist_count"))[0][0]
        return int(pages - free) * PAGE_BYTES

    def files_bytes(self) -> int:
        """Bytes of all files in the store's directory."""
        return sum(entry.stat().st_size for entry in self._directory.iterdir() if entry.is_file())

    async def relieve(self) -> bool:
        """Make room where it is needed. True where something was shed, whose rows the next commit deletes.

        Raises:
            StoreError: the disk does not take it; nothing was lost by that.
        """
        used = self.used = await self.used_bytes()
        if used < self._room_bytes * FULL_SHARE:
            if used < self._room_bytes * EASY_SHARE:
                self._say(pressed=False, used=used)
                await self._give_back(used)
            return False
        self._say(pressed=True, used=used)
        rows = await disk.load_coarseness(self._database)
        excess = used - self._room_bytes * ENOUGH_SHARE
        shed = False
        after: dict[Step, int] = {}
        for _ in range(STEPS_MAX):
            step = next_step(rows)
            if excess <= 0 or step is None:
                break
            found = await disk.load_lane(
                self._database, step.lane, after.get(step, 0), RUN_ROWS, step.bucket_s or disk.ANY
            )
            if not found:  # What is left of this kind is on its way to the twin.
                break
            after[step] = found[-1].row
            excess -= await self._take_step(step, [one for one in found if self._may_go(one.key)], rows)
            shed = shed or step.action is Action.SHED
        return shed

    async def _give_back(self, used: int) -> None:
        """Return free pages to the file system, a few at a time: what a long outage took is not kept for ever."""
        pages = (await self._database.read("PRAGMA page_count"))[0][0]
        if pages * PAGE_BYTES - used > KEEP_FREE_BYTES:
            await self._database.read(f"PRAGMA incremental_vacuum({GIVE_BACK_PAGES})")

    def _say(self, *, pressed: bool, used: int) -> None:
        if pressed != self.pressed:
            self.pressed = pressed
            log.warning("store nearly full" if pressed else "store has room again", used=used, room=self._room_bytes)

    async def _take_step(self, step: Step, free: list[disk.Stored], rows: dict[tuple[Lane, int], int]) -> int:
        if not free:
            return 0
        if step.action is Action.SHED:
            return self._shed(free, rows)
        return await self._thin(step, free, rows)

    def _may_go(self, key: Key) -> bool:
        outbox = self._outbox
        return key not in outbox.taken and key not in outbox.ledger.freed

    def _shed(self, stored: list[disk.Stored], rows: dict[tuple[Lane, int], int]) -> int:
        outbox, freed = self._outbox, 0
        for one in stored:
            if one.segment is None:
                continue
            outbox.rows[one.key] = one.row
            outbox.stored[one.key.lane] -= 1
            outbox.young.leave(one.key)
            outbox.live.left(one.key, one.segment.last)
            counts = series_counts(one.segment.body, outbox.ledger.gateway)
            outbox.record(Shed(one.key, one.segment.last, QUOTA_FULL, counts))
            rows[one.key.lane, one.segment.thinned] -= 1
            freed += one.size_bytes
        return freed

    async def _thin(self, step: Step, stored: list[disk.Stored], rows: dict[tuple[Lane, int], int]) -> int:
        run = _joinable(stored)
        segments = [one.segment for one in run if one.segment is not None]
        thinned = thin(segments, step.bucket_s)
        self._outbox.reserved.update(one.key for one in run)
        try:
            gone = disk.delete((step.lane, one.row) for one in run)
            await self._database.write(*gone, *disk.insert([(run[0].row, thinned)]))
        finally:
            self._outbox.reserved.clear()
        for segment in segments:
            rows[segment.lane, segment.thinned] -= 1
            self._outbox.young.leave(Key(*segment.key))
        rows[step.lane, step.bucket_s] = rows.get((step.lane, step.bucket_s), 0) + 1
        self._outbox.stored[step.lane] -= len(run) - 1
        return sum(one.size_bytes for one in run) - disk.size_bytes(thinned)


def _joinable(stored: list[disk.Stored]) -> list[disk.Stored]:
    """The longest run from the first on in which each segment continues the one before."""
    run = stored[:1]
    last: Segment | None = run[0].segment
    size = len(last.body) if last else 0
    for one in stored[1:]:
        if last is None or one.segment is None or not can_join(last, one.segment):
            break
        size += len(one.segment.body)
        if size > RUN_BYTES:
            break
        run.append(one)
        last = one.segment
    return run
