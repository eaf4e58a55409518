"""The stand-in: an outbox where no store can be opened, until one can.

Everything that is not acknowledged is in the head file, as it is while a disk fails, and so is bounded by the memory of
the outbox. What else needs a database (commands, events, values set by hand) has a small one beside the head file, in
memory too. When a store can be opened, `open_outbox` takes over what is in the head file, and `carry_over` the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import structlog

from gateway.clock import Clock
from gateway.core.ledger import Ledger
from gateway.core.ledger_events import encode_snapshot
from gateway.core.ledger_restore import take_over
from gateway.core.settings import StoreSettings
from gateway.errors import StoreDownError, StoreError
from gateway.store import segments as disk
from gateway.store.committer import RETRY_S, Committer
from gateway.store.database import FILE_NAME, Database, Statement, open_database, try_database
from gateway.store.events import INSERT
from gateway.store.files import down_of
from gateway.store.head import Head
from gateway.store.mark import Mark
from gateway.store.outbox import Outbox
from gateway.store.recovery import HEAD_NAME, MARK_NAME, Opened, count, finish_epochs, ledger_of, seal_all

FOLDER = "stand-in"
"""In the runtime directory."""
STANDIN_BYTES = 6_291_456
"""Of memory, for its files: as many commands and events as the store keeps, and a write-ahead log."""
TRIAL_BYTES = 65_536
"""What a disk has to take before the store is tried: a commit of some seconds."""
COPIED = {
    "command": "SELECT * FROM command WHERE status <> 'IN_PROGRESS'",
    "override": "SELECT * FROM override",
    "held": "SELECT * FROM held",
    "output": "SELECT * FROM output",
}
"""What is kept of a stand-in, by table. A command that did not end is one of this place, and is asked for again."""
EVENTS = (
    "SELECT boot_id, boottime_ns, time_s, clock, kind, data FROM event "
    "WHERE id > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'events_told'), 0) ORDER BY id"
)
"""Those that the twin has not confirmed: the others would be told once more, under another number."""

log = structlog.get_logger("store")


class StandInCommitter(Committer):
    """Commits no reading: there is nowhere to. Events go into the stand-in's log."""

    stands_in = True

    async def run(self) -> None:
        """Write events down, for ever."""
        while True:
            await self._write_events()
            await asyncio.sleep(RETRY_S)

    async def commit(self) -> None:
        """Nothing is ever stored.

        Raises:
            StoreDownError: always.
        """
        await asyncio.sleep(0)
        raise StoreDownError(self.failure)

    async def close(self) -> None:
        """Write events down; readings stay in the head file."""
        await self._write_events()

    async def _write_events(self) -> None:
        notes = list(self._outbox.notes)
        statements = [statement for kind, data in notes for statement in self.event(kind, **data)]
        if not statements:
            return
        with contextlib.suppress(StoreError):  # It is full: they are counted by nobody, but bounded.
            await self._database.write(*statements)
            del self._outbox.notes[: len(notes)]


def folder_of(settings: StoreSettings) -> Path:
    """Where the database of a stand-in lies."""
    return Path(settings.runtime_directory) / FOLDER


@contextlib.asynccontextmanager
async def open_standin(
    database: Database, gateway: str, clock: Clock, settings: StoreSettings, fresh_id: str, skip: int, reason: str
) -> AsyncIterator[Opened]:
    """Open an outbox whose disk takes nothing, for `reason`, with what an earlier run left in the head file.

    Its epochs are those of a store of its own, `fresh_id`: what the last one of the real store was, nobody can tell.

    Raises:
        StoreError: the runtime directory cannot be used.
    """
    directory, runtime = folder_of(settings), Path(settings.runtime_directory)
    with Head(runtime / HEAD_NAME) as head, contextlib.closing(Mark(directory / MARK_NAME)) as mark:
        origin = await disk.load_origin(database, fresh_id)
        ledger = _ledger(ledger_of(head.recover(), clock), gateway)
        if head.damaged:
            log.error("head file damaged; what was only in it may be lost", waiting=ledger.waiting)
        finished = finish_epochs(origin, ledger)
        starts = 1 + skip + origin.starts
        await database.write(disk.save_start(origin.store_id, starts, finished))
        ledger.begin_epoch(f"{origin.store_id}-{starts}", clock.boot_id)
        # A commit that a crash interrupted stays under way: only the disk that it was for knows how it ended.
        seal_all(ledger)
        if not head.begin(encode_snapshot(ledger.snapshot())):
            raise StoreError(f"{HEAD_NAME}: {ledger.bytes} bytes of an earlier run do not fit")
        outbox = Outbox(database, head, ledger, clock, settings)
        committer = StandInCommitter(outbox, database, clock, mark, origin, 0)
        committer.failure = reason
        outbox.fail_disk()
        log.warning("no store; memory stands in", epoch=ledger.epoch, from_memory=count(ledger))
        try:
            yield Opened(outbox, committer, origin.store_id, finished)
        finally:
            outbox.release_held()
            await committer.close()


def _ledger(earlier: Ledger | None, gateway: str) -> Ledger:
    """What an earlier run left goes on, whichever store its counts are of; without any it counts for none."""
    if earlier is not None and earlier.gateway == gateway:
        return earlier
    ledger = Ledger(gateway, "-0", "")
    if earlier is not None:
        seal_all(earlier)
        take_over(ledger, earlier, ())
    return ledger


async def carry_over(database: Database, settings: StoreSettings, stamp: str) -> None:
    """Put into `database` what a stand-in kept beside the readings, and forget the stand-in.

    Raises:
        StoreError: `database` does not take it; the stand-in stays as it is.
    """
    directory = folder_of(settings)
    if not (directory / FILE_NAME).exists():
        return
    try:
        async with open_database(directory, stamp=stamp) as standin:
            statements = [await _copy(standin, table, sql) for table, sql in COPIED.items()]
            events = await standin.read(EVENTS)
    except StoreError as error:
        log.error("what a stand-in kept cannot be read, and is lost", reason=str(error))
        statements, events = [], []
    await database.write(*(one for one in statements if one[1]), *([(INSERT, events)] if events else []))
    log.info("the stand-in is over", rows=sum(len(rows) for _, rows in statements), events=len(events))
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


async def _copy(standin: Database, table: str, sql: str) -> Statement:
    rows: list[tuple[Any, ...]] = await standin.read(sql)
    places = ", ".join("?" * len(rows[0])) if rows else ""
    # What the store knows of a command came first. A value that was set meanwhile is the later one.
    verb = "IGNORE" if table == "command" else "REPLACE"
    return f"INSERT OR {verb} INTO {table} VALUES ({places})", rows  # noqa: S608 - names of ours


async def try_store(settings: StoreSettings) -> None:
    """Whether the store takes something. What is damaged there is for `open_database` to find, which sets it aside.

    Raises:
        StoreError: it does not, or another process has it.
    """
    directory = Path(settings.directory)
    await asyncio.to_thread(_try_directory, directory)
    await try_database(directory)


def _try_directory(directory: Path) -> None:
    """Before the database, for a disk that is full costs it a look through all that it holds."""
    path = directory / "trial"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("wb") as file:
                file.write(bytes(TRIAL_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise down_of(error, f"cannot write to {directory}") from error
