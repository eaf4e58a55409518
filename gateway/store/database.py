"""The only door to SQLite: one file, one connection, one writer, group commit.

Every setting has its reason: WAL with `synchronous=FULL`, because in power-cut tests NORMAL forgot rows that it had
committed; 1 KiB pages, because a commit writes whole pages; database and WAL are grown once when they are made,
because every append to a growing file commits the file system's own records too.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import aiosqlite

from gateway.core.chain import Entry, digest_of
from gateway.errors import StoreDownError, StoreError
from gateway.finishing import finished
from gateway.store.files import down_of, locked, set_aside
from gateway.store.salvage import Salvaged, salvage
from gateway.store.shape import DEFINITIONS, differs, script

FILE_NAME = "edgetwin.db"
SCHEMA_VERSION = 6
SCHEMA_VERSION_MAX = 1000
"""No edgetwin will ever have made so many: a higher number is damage, not the future."""
BUSY_TIMEOUT_MS = 2000
"""Nobody else should hold the file; a person with the sqlite3 shell may, for a moment."""
GROWTH_BYTES = 524_288
"""Made and freed once, so that commits land in pages that the file system already gave."""
PAGE_BYTES = 1024
PRAGMAS = (
    f"PRAGMA page_size={PAGE_BYTES}",
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=500",
    "PRAGMA journal_size_limit=-1",
    "PRAGMA cache_size=-256",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=OFF",
    "PRAGMA trusted_schema=OFF",
)

TRIAL = "INSERT INTO meta (key, value) VALUES ('tried', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1"

Statement = tuple[str, Sequence[Sequence[Any]]]
"""An SQL text and the rows of parameters to run it with."""


class Database:
    """The open database. `write` returns when its statements are on the disk; `read` sees nothing that is not."""

    def __init__(
        self, connection: aiosqlite.Connection, aside: Path | None = None, salvaged: Salvaged | None = None
    ) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._pending: list[Waiting] = []
        self.aside = aside
        self.salvaged = salvaged
        """Where the file that was found at the start is now, because it was damaged; None where it was not."""

    async def read(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that `sql` selects.

        Raises:
            StoreError: the database does not answer.
        """
        # One connection sees its own transaction before it is committed: nobody may read in the middle of one.
        async with self._lock:
            with _translated("read from"):
                return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters)]

    async def write(self, *statements: Statement) -> None:
        """Commit `statements`, together with whatever else waits, in one transaction and one flush to the disk.

        Raises:
            StoreError: nothing of `statements` was stored.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((statements, done))
        # What is under way is finished even if the caller is cancelled: others wait for the same transaction.
        await finished(self._flush(done))

    async def close(self) -> None:
        """Commit what waits, also for callers that were cancelled, and let go of the file."""
        async with self._lock:
            await self._commit_pending()
            # An unclosed connection keeps its thread, and with it the whole process, alive.
            await self._connection.close()

    async def _flush(self, done: asyncio.Future[None]) -> None:
        async with self._lock:
            if not done.done():
                await self._commit_pending()
        done.result()

    async def _commit_pending(self) -> None:
        group, self._pending = self._pending, []
        error = await self._attempt(group)
        if error is None or len(group) == 1:
            _settle(group, error)
            return
        for one in group:  # One of them may have spoilt it for the others.
            _settle([one], await self._attempt([one]))

    async def _attempt(self, group: list[Waiting]) -> StoreError | None:
        statements = [statement for statements, _ in group for statement in statements]
        try:
            with _translated("write to"):
                await self._transaction(statements)
        except StoreError as error:
            return error
        return None

    async def _transaction(self, statements: list[Statement]) -> None:
        await self._connection.execute("BEGIN IMMEDIATE")
        try:
            for sql, rows in statements:
                await self._connection.executemany(sql, rows)
            await self._connection.commit()
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                await self._connection.rollback()
            raise


Waiting = tuple[Sequence[Statement], asyncio.Future[None]]
"""Statements that wait to be committed, and who waits for them."""


def _settle(group: list[Waiting], error: StoreError | None) -> None:
    for _, done in group:
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
            done.exception()  # A cancelled caller does not come to fetch it.


@contextlib.contextmanager
def _translated(verb: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise down_of(error, f"cannot {verb} the store") from error


@contextlib.asynccontextmanager
async def open_database(directory: Path, *, stamp: str) -> AsyncIterator[Database]:
    """Open or make the database in `directory`, alone; a file that is damaged is set aside as `….<stamp>.bad`.

    Raises:
        StoreBusyError: another process has it.
        StoreError: the directory or a new file cannot be used.
    """
    with locked(directory):
        path = directory / FILE_NAME
        aside, salvaged = None, None
        try:
            connection = await _connect(path)
        except (sqlite3.Error, UnicodeDecodeError) as error:  # The latter: its text quotes what is damaged.
            aside = set_aside(path, stamp, error)
            connection, salvaged = await _connect_anew(path, aside)
        database = Database(connection, aside, salvaged)
        try:
            yield database
        finally:
            await finished(database.close())


async def try_database(directory: Path) -> None:
    """Whether the database in `directory`, where there is one, gives and takes something; damage counts as that.

    Raises:
        StoreDownError: its disk does not.
        StoreBusyError: another process has it.
    """
    path = directory / FILE_NAME
    with locked(directory):
        try:
            # The first page of a new file says how it is laid out: that is not for us to write.
            if path.exists() and path.stat().st_size:
                async with aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000) as connection:
                    await connection.execute(TRIAL)
        except (sqlite3.Error, OSError) as error:
            said = down_of(error, f"cannot write {path}")
            if isinstance(said, StoreDownError):
                raise said from error


async def _connect_anew(path: Path, aside: Path) -> tuple[aiosqlite.Connection, Salvaged]:
    """A new database, with what could be read of the one that was set aside."""
    with _translated("open"):
        connection = await _connect(path)
        try:
            return connection, await asyncio.to_thread(salvage, path, aside)
        except BaseException:
            await connection.close()
            raise


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        version = (await _one(connection, "PRAGMA user_version"))[0]
        if not 0 <= version <= SCHEMA_VERSION_MAX:
            raise sqlite3.DatabaseError(f"schema {version}")
        if version > SCHEMA_VERSION:  # Somebody went back to an older version: nothing but the new file is for it.
            raise sqlite3.DatabaseError(f"made by a newer edgetwin (schema {version}, known is up to {SCHEMA_VERSION})")
        # A text with a flipped bit is caught by its reader; it must not make every other row unreadable.
        connection.text_factory = lambda data: data.decode(errors="replace")
        await connection.create_function("event_digest", 8, _event_digest, deterministic=True)
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        found = (await _one(connection, "PRAGMA quick_check(1)"))[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        if version == 0:
            # Each statement is a transaction of its own: a kill may have left the table of an attempt before this one.
            await connection.executescript("DROP TABLE IF EXISTS growth")
            await connection.executescript(
                f"CREATE TABLE growth (b); INSERT INTO growth VALUES (zeroblob({GROWTH_BYTES})); DROP TABLE growth;"  # noqa: S608 - a constant of ours
            )
        for number in range(version + 1, SCHEMA_VERSION + 1):
            await connection.executescript(script(number))
        wrong = differs(tuple(map(tuple, await connection.execute_fetchall(DEFINITIONS))), SCHEMA_VERSION)
        if wrong:
            raise sqlite3.DatabaseError(f"the definition of {wrong} is not ours")
    except BaseException:
        await connection.close()
        raise
    return connection


def _event_digest(previous: Any, *columns: Any) -> bytes:
    """For SQL, because only the transaction knows what stands before; a damaged digest before it counts as none."""
    return digest_of(previous if isinstance(previous, bytes) else None, Entry(*columns))


async def _one(connection: aiosqlite.Connection, sql: str) -> tuple[Any, ...]:
    rows = list(await connection.execute_fetchall(sql))
    return tuple(rows[0])
