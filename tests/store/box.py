"""A box that can die at any line: its disk, its memory that outlives the process, its clock, and the store on it.

A death is made by freezing: at the step at which the fuse burns down, the files are copied as they are, and the dying
process may do what it likes from there on; the next one starts from the copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.core.ledger_events import Corrected
from gateway.core.packing import unpack
from gateway.core.reading import Value
from gateway.core.settings import StoreSettings
from gateway.errors import StoreError
from gateway.store import committer, database, head, limits, recovery, young
from gateway.store.audit import audit
from gateway.store.database import FILE_NAME, Database, open_database
from gateway.store.head import Head
from gateway.store.recovery import HEAD_NAME, MARK_NAME, Opened, open_outbox
from tests.fakes.clock import FakeClock
from tests.store.books import GATEWAY

HALF_BYTES = 131_072
MEMORY = Path("/dev/shm")
"""Files in memory, where flushing costs nothing: it is the copy that stands for the power cut."""

Work = Callable[[], Awaitable[object] | None]


class Killed(BaseException):
    """The process died here."""


class Box:
    """What is on the box between two starts, and the store while it runs."""

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._make_small()
        self.runner = asyncio.Runner()
        self.root = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.folder = self.root / "0"
        self.clock = FakeClock()
        self.fuse: int | None = None
        """How many durable steps are left until the process dies; None while it lives on."""
        self.before_write: list[Work] = []
        self.after_write: list[Work] = []
        """What else happens just before and just after the next transaction, before anybody hears of it."""
        self.disk_fails = False
        self.disk_lies = False
        """The next transaction is reported as failed and is on the disk all the same."""
        self._remains: Path | None = None
        self._lives = 0
        self._stores = 0
        self.opened: Opened = self._start()

    def _make_small(self) -> None:
        """Limits so small that they are met often, and a head that can die."""
        self._patch.setattr(database, "GROWTH_BYTES", 1)
        self._patch.setattr(limits, "SEGMENT_READINGS_MAX", 6)
        self._patch.setattr(head, "FRAMES_BYTES", 600)
        self._patch.setattr(committer, "DELETE_ROWS_MAX", 4)
        self._patch.setattr(young, "ROWS_MIN", 2)
        self._patch.setattr(recovery, "Head", self._make_head)
        self._patch.setattr(recovery, "audit", _audit_that_finds_nothing)

    def _make_head(self, path: Path) -> Head:
        self.head = FusedHead(path, self.step)
        return self.head

    def step(self) -> None:
        """One durable step is about to be made, or has just been made."""
        if self.fuse is None:
            return
        self.fuse -= 1
        if self.fuse < 0:
            self.fuse = None
            self._remains = self._freeze()
            raise Killed

    def die_now(self) -> None:
        """The process dies at this line."""
        self.fuse = 0
        self.step()

    def _freeze(self) -> Path:
        self._lives += 1
        remains = self.root / str(self._lives)
        (remains / "run").mkdir(parents=True)
        for name in (FILE_NAME, f"{FILE_NAME}-wal", MARK_NAME, f"run/{HEAD_NAME}"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self.folder / name, remains / name)
        self.head.leave_stale_frame(remains / "run" / HEAD_NAME)
        return remains

    def _start(self) -> Opened:
        settings = StoreSettings(directory=str(self.folder), runtime_directory=str(self.folder / "run"))
        self._stores += 1
        fresh_id = f"{self._stores:016x}"

        async def enter() -> Opened:
            opened = await self.stack.enter_async_context(open_database(self.folder, stamp="lost"))
            opened.write = self._writer(opened)  # type: ignore[method-assign]
            self.observer = sqlite3.connect(f"file:{self.folder / FILE_NAME}?mode=ro", uri=True)
            self.stack.callback(self.observer.close)
            return await self.stack.enter_async_context(open_outbox(opened, GATEWAY, self.clock, settings, fresh_id))

        self.stack = contextlib.AsyncExitStack()
        started = self.runner.run(enter())
        self._old_head = (self.folder / "run" / HEAD_NAME).read_bytes()
        return started

    def _writer(self, opened: Database):
        write = opened.write

        async def write_and_tell(*statements) -> None:
            await _do(self.before_write)
            self.step()
            if self.disk_fails:
                self.disk_fails = False
                raise StoreError("cannot write to the store: the disk is full")
            await write(*statements)
            self.step()
            await _do(self.after_write)
            if self.disk_lies:
                raise StoreError("cannot write to the store: the flush failed")

        return write_and_tell

    def rows(self) -> list[tuple[str, int, int, int]]:
        """What another process sees on the disk: (epoch, lane, first, last) of every segment."""
        return self.observer.execute("SELECT epoch, lane, first, last FROM segment ORDER BY id").fetchall()

    def values_on_disk(self) -> set[Value]:
        """The values of all readings that another process finds on the disk."""
        query = "SELECT body FROM segment UNION ALL SELECT body FROM undecided"
        bodies = [unpack(body) for (body,) in self.observer.execute(query)]
        records = [record for body in bodies for record in json.loads(b"[" + body + b"]")]
        return {record["v"] if "v" in record else record["vs"] for record in records}

    def stop(self) -> None:
        """End in order."""
        self.runner.run(self.stack.aclose())

    def start(self) -> None:
        """Run again."""
        self.opened = self._start()

    def die(self, *, power: bool = False, keep_head: bool = False, lose_database: bool = False) -> None:
        """Leave everything as it is, or as it was when the fuse had burnt down."""
        remains = self._remains or self._freeze()
        self._remains = self.fuse = None
        self.before_write, self.after_write = [], []
        self.disk_fails = self.disk_lies = False
        self.opened.committer.close = _nothing  # type: ignore[method-assign]
        self.runner.run(self.stack.aclose())
        self.folder = remains
        if power:
            self.clock.reboot()
            (remains / "run" / HEAD_NAME).unlink(missing_ok=True)
            if keep_head:  # As it was written back some time ago, where it does not lie in memory.
                (remains / "run" / HEAD_NAME).write_bytes(self._old_head)
        if lose_database:
            (remains / f"{FILE_NAME}-wal").unlink(missing_ok=True)
            (remains / FILE_NAME).write_bytes(b"not a database at all".ljust(8192, b"."))

    def close(self) -> None:
        """Take the box away."""
        self.opened.committer.close = _nothing  # type: ignore[method-assign]
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self._patch.undo()
        shutil.rmtree(self.root)


class FusedHead(Head):
    """A head file whose every change is a step at which the process can die, in the middle of a frame too."""

    def __init__(self, path: Path, step: Callable[[], None]) -> None:
        super().__init__(path, HALF_BYTES)
        self._step = step
        self._newest = self._stale = b""

    def begin(self, snapshot: bytes) -> bool:
        self._step()
        done = super().begin(snapshot)
        self._stale = self._newest
        self._step()
        return done

    def append(self, data: bytes) -> bool:
        self._step()
        position = self._position
        done = super().append(data)
        self._newest = self._map[position : self._position]
        if done:
            self._die_in_the_middle(position)
        return done

    def _die_in_the_middle(self, position: int) -> None:
        cut, end = position + len(self._newest) // 2, self._position
        self._map[cut:end], self._position = bytes(end - cut), position
        self._step()
        self._map[cut:end], self._position = self._newest[cut - position :], end

    def leave_stale_frame(self, path: Path) -> None:
        """Put behind the last frame in a copy what may well lie there: a whole frame of an earlier generation."""
        with contextlib.suppress(FileNotFoundError), path.open("r+b") as copy:
            copy.seek(self._position)
            if not any(copy.read(len(self._stale))):
                copy.seek(self._position)
                copy.write(self._stale)


async def _audit_that_finds_nothing(*arguments) -> Corrected:
    """The counts have to be right without it: what it repairs would hide a mistake."""
    found = await audit(*arguments)
    assert (found.counts, found.gaps) == ({}, []), "the counts are not those of what is on the disk"
    return found


async def _do(works: list[Work]) -> None:
    while works:
        done = works.pop(0)()
        if done is not None:
            await done


async def _nothing() -> None:
    pass
