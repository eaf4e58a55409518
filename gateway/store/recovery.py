"""How an outbox begins: with what an earlier run left in the head file and on the disk, under a new epoch."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from gateway.clock import Clock
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    LEDGER_FORMAT,
    Committed,
    Committing,
    Corrected,
    Deleted,
    Gap,
    Key,
    Sealed,
    Snapshot,
    decode_event,
    decode_snapshot,
    encode_snapshot,
)
from gateway.core.ledger_restore import adopt, release_held, restore, take_over
from gateway.core.reading import Lane
from gateway.core.settings import StoreSettings
from gateway.core.unaccounted import unaccounted
from gateway.core.wire import FinishedEpoch
from gateway.errors import StoreError
from gateway.store import segments as disk
from gateway.store.audit import DAMAGED, audit
from gateway.store.committer import Committer
from gateway.store.database import Database
from gateway.store.head import Head, Recovered
from gateway.store.mark import Mark, Position, lost_ranges
from gateway.store.outbox import Outbox

HEAD_NAME = "outbox.head"
MARK_NAME = "edgetwin.mark"
SKIP_MAX = 4096
"""Numbers of starts that may be left out: an old image meets a number again once in two thousand starts, and the ten
digits of an epoch last for five million."""
TAIL_LOST = "store_tail_lost"
"""Committed segments vanished from the database's write-ahead log."""

log = structlog.get_logger("store")


class Opened(NamedTuple):
    """An outbox and what belongs to it."""

    outbox: Outbox
    committer: Committer
    store_id: str
    finished: list[FinishedEpoch]


@contextlib.asynccontextmanager
async def open_outbox(
    database: Database, gateway: str, clock: Clock, settings: StoreSettings, fresh_id: str, skip: int = 0
) -> AsyncIterator[Opened]:
    """Open the outbox; on leaving, everything is committed. A new database takes `fresh_id` (16 hex digits) as its id.

    Its number of this start is the next one, or as many behind it as `skip` says: at random, so that a box that was
    set back to an old image of its disk does not give its epochs again.

    Raises:
        StoreError: the head file cannot be used, or a start cannot be made durable.
    """
    directory, runtime = Path(settings.directory), Path(settings.runtime_directory)
    with Head(runtime / HEAD_NAME) as head, contextlib.closing(Mark(directory / MARK_NAME)) as mark:
        origin = await disk.load_origin(database, fresh_id)
        left, position = head.recover(), mark.read()
        rows = await disk.load_rows(database) if left or (origin.ledger and origin.ledger.freed) else {}
        earlier = ledger_of(left, clock)
        ledger = _own_ledger(earlier, origin, gateway, rows, await disk.load_undecided(database))
        if head.damaged:
            log.error("head file damaged; what was only in it may be lost", waiting=ledger.waiting)
        _settle_interrupted_commit(ledger, rows, origin.commits)
        _look_for_lost_tail(ledger, origin, position)
        lanes, readings, top_row = await disk.load_waiting(database)
        stood_in = earlier if earlier and not earlier.counts_of else ledger
        finished = finish_epochs(origin, _from_disk(origin, gateway), ledger, stood_in)
        await _check_account(database, ledger, readings, rows, finished)
        starts = 1 + skip + _starts(ledger, origin, position)
        await database.write(disk.save_start(origin.store_id, starts, finished))
        ledger.begin_epoch(f"{origin.store_id}-{starts}", clock.boot_id)
        ledger.counts_of = origin.store_id
        # What has no number yet gets one of the new epoch: a head file whose end was damaged, which may look like one
        # whose process died, does not know which numbers of the old epoch were given after that.
        seal_all(ledger)
        if not head.begin(encode_snapshot(ledger.snapshot())):
            raise StoreError(f"{HEAD_NAME}: {ledger.bytes} bytes of an earlier run do not fit")
        outbox = Outbox(database, head, ledger, clock, settings)
        outbox.set_stored(lanes)
        outbox.rows = {key: row for key, row in rows.items() if key in ledger.freed}
        committer = Committer(outbox, database, clock, mark, origin, top_row)
        committer.write_mark()  # From now on this start counts, even if the database forgets it.
        died = earlier is ledger
        log.info("outbox open", epoch=ledger.epoch, on_disk=readings, from_memory=count(ledger), crashed=died)
        try:
            yield Opened(outbox, committer, origin.store_id, finished)
        finally:
            outbox.release_held()
            # Where this fails, or something comes in after all, the head file stays, and the next start finds it there.
            await committer.close()
            if ledger.bytes == 0:
                head.discard()


def ledger_of(recovered: Recovered | None, clock: Clock) -> Ledger | None:
    """What a head file holds of this boot; None where that is nothing, or cannot be read, which is told."""
    if recovered is None:
        return None
    try:
        snapshot = decode_snapshot(recovered.snapshot)
        if snapshot.format != LEDGER_FORMAT or snapshot.boot_id != clock.boot_id:
            return None
        ledger = restore(snapshot)
        for frame in recovered.frames:
            ledger.apply(decode_event(frame))
    except (msgspec.DecodeError, KeyError, IndexError) as error:
        log.error("head file cannot be read; what was only in it is lost", reason=str(error))
        return None
    return ledger


def _own_ledger(
    earlier: Ledger | None, origin: disk.Origin, gateway: str, rows: dict[Key, int], undecided: Sequence[disk.Stored]
) -> Ledger:
    """The ledger to go on with: that of the run before this one, where it died, or what the disk says."""
    if earlier is not None and earlier.counts_of == origin.store_id and earlier.gateway == gateway:
        return earlier
    base = _from_disk(origin, gateway)
    if earlier is None or earlier.counts_of != origin.store_id:  # A head file of this store knows what became of it.
        _take_up(base, undecided)
    if earlier is not None:
        # No store could be opened, or the database is a new one, or we have a new name: what is only in memory goes on
        # under the counts of the disk.
        seal_all(earlier)
        take_over(base, earlier, rows)
    return base


def _take_up(ledger: Ledger, undecided: Sequence[disk.Stored]) -> None:
    """Nobody will decide about what waited on the disk: it is sent, under the numbers that it has."""
    for one in undecided:
        if one.segment is not None:
            adopt(ledger, one.segment)
        else:
            log.error("a reading that waited for a decision is damaged", epoch=one.key.epoch, first=one.key.first)
            ledger.apply(Corrected({}, [Gap(one.key.epoch, one.key.lane, one.key.first, one.last, DAMAGED, {})]))


def seal_all(ledger: Ledger) -> None:
    """Number everything that is not numbered yet."""
    release_held(ledger, ledger.apply)
    for lane in sorted(ledger.open):
        ledger.apply(Sealed(lane))


def _from_disk(origin: disk.Origin, gateway: str) -> Ledger:
    kept: Snapshot | None = origin.ledger
    if kept is None or kept.format != LEDGER_FORMAT:
        return Ledger(gateway, f"{origin.store_id}-{origin.starts}", "")
    return restore(msgspec.structs.replace(kept, gateway=gateway))


def _settle_interrupted_commit(ledger: Ledger, rows: dict[Key, int], commits: int) -> None:
    """A commit that the crash interrupted is on the disk wholly or not at all; so is the deletion that rode in it."""
    ledger.apply(Committed(stored=0 < ledger.commit <= commits))
    # One that was said to have failed, and had not: its flush was only late.
    late = [key for key in ledger.volatile if key in rows]
    ledger.apply(Committing(late))
    ledger.apply(Committed(stored=True))
    ledger.apply(Deleted([key for key in ledger.freed if key not in rows]))


def _starts(ledger: Ledger, origin: disk.Origin, mark: Position | None) -> int:
    """How often this store has been started, by all accounts: a database that lost its tail must reuse no number."""
    known = [origin.starts]
    if mark is not None and mark.store_id == origin.store_id:
        known.append(mark.starts)
    store_id, _, starts = ledger.epoch.partition("-")
    if store_id == origin.store_id:
        known.append(int(starts))
    return max(known)


def _look_for_lost_tail(ledger: Ledger, origin: disk.Origin, mark: Position | None) -> None:
    """Numbers that were committed by the mark's account and that the database does not know are a gap."""
    if mark is not None and mark.store_id != origin.store_id:
        log.error("the store is a new one; what waited in the one before is lost", before=mark.store_id,
                  waiting=mark.waiting)  # fmt: skip
    if mark is None or mark.store_id != origin.store_id or mark.commits <= origin.commits:
        return
    if ledger.epoch.partition("-")[0] != origin.store_id:  # It stood in: only the disk knows of the start before that.
        ledger = _from_disk(origin, ledger.gateway)
    known = Position(mark.store_id, origin.starts, origin.commits, 0, tuple(ledger.next_seq[lane] for lane in Lane))
    ranges = lost_ranges(mark, known) if mark.starts == origin.starts else {}
    log.error("the end of the store is missing", commits=mark.commits - origin.commits, ranges=len(ranges))
    gaps = [Gap(ledger.epoch, lane, first, last, TAIL_LOST, {}) for lane, (first, last) in ranges.items()]
    ledger.apply(Corrected({}, gaps))


async def _check_account(
    database: Database, ledger: Ledger, on_disk: int, rows: dict[Key, int], finished: list[FinishedEpoch]
) -> None:
    """Where not as many readings wait as are thought to, find out which are missing.

    A row that could not be read at all has taken its numbers along: then all that does not wait is given up, and what
    of it the twin has, it keeps.
    """
    if ledger.freed:  # Their rows are still there; how many readings they hold only the audit can tell.
        on_disk = -1 if rows else on_disk
    if on_disk + count(ledger) == ledger.waiting:
        return
    found = await audit(database, ledger)
    ledger.apply(found)
    if any(missing > 0 for missing in found.counts.values()):
        memory = [*ledger.volatile.values(), *ledger.undecided()]
        waiting = [(one.epoch, one.lane, one.first, one.last) for one in memory]
        waiting += await disk.load_ranges(database)
        ledger.apply(Corrected({}, list(unaccounted(finished, waiting, DAMAGED))))


def finish_epochs(origin: disk.Origin, *ledgers: Ledger) -> list[FinishedEpoch]:
    """The epochs that nothing more comes of, with the last numbers that were given in each lane."""
    finished = {one.epoch: one for one in origin.finished}
    for ledger in ledgers:
        known = finished.pop(ledger.epoch, FinishedEpoch(ledger.epoch, {})).last
        given = {lane.label: max(ledger.next_seq[lane] - 1, known.get(lane.label, 0)) for lane in Lane}
        last = {label: number for label, number in given.items() if number > 0}
        if last:
            finished[ledger.epoch] = FinishedEpoch(ledger.epoch, last)
    return list(finished.values())[-disk.FINISHED_EPOCHS_MAX :]


def count(ledger: Ledger) -> int:
    """Readings in memory."""
    open_readings = sum(len(opened.indexes) for opened in ledger.open.values())
    held = sum(len(held.fragments) for held in ledger.held.values())
    return open_readings + held + sum(segment.count for segment in ledger.volatile.values())
