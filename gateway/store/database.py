"""The only door to SQLite: one file, one connection, one writer, group commit.

Every setting has its reason: WAL with `synchronous=FULL`, because in power-cut tests NORMAL forgot rows that it had
committed; 1 KiB pages, because a commit writes whole pages; database and WAL are grown once when they are made,
because every append to a growing file commits the file system's own records too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from gateway.errors import StoreBusyError, StoreError

FILE_NAME = "edgetwin.db"
SCHEMA_VERSION = 1
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
    "PRAGMA trusted_schema=OFF",
)

Statement = tuple[str, Sequence[Sequence[Any]]]
"""An SQL text and the rows of parameters to run it with."""


class Database:
    """The open database. `write` returns when its statements are on the disk, never before."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._pending: list[tuple[Sequence[Statement], asyncio.Future[None]]] = []

    async def read(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that `sql` selects.

        Raises:
            StoreError: the database does not answer.
        """
        with _translated("read from"):
            return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters)]

    async def write(self, *statements: Statement) -> None:
        """Commit `statements`, together with whatever else waits, in one transaction and one flush to the disk.

        Raises:
            StoreError: nothing of the transaction was stored.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((statements, done))
        # What is under way is finished even if the caller is cancelled: others wait for the same transaction.
        await asyncio.shield(self._flush(done))

    async def _flush(self, done: asyncio.Future[None]) -> None:
        async with self._lock:
            if not done.done():
                group, self._pending = self._pending, []
                await self._commit(group)
        done.result()

    async def _commit(self, group: list[tuple[Sequence[Statement], asyncio.Future[None]]]) -> None:
        error: StoreError | None = None
        try:
            with _translated("write to"):
                await self._transaction([statement for statements, _ in group for statement in statements])
        except StoreError as failure:
            error = failure
        for _, done in group:
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
                done.exception()  # A cancelled caller does not come to fetch it.

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


@contextlib.contextmanager
def _translated(verb: str) -> Any:
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        raise StoreError(f"cannot {verb} the store: {error}", hint="is the disk full, read-only or failing?") from error


@contextlib.asynccontextmanager
async def open_database(directory: Path, *, stamp: str) -> AsyncIterator[Database]:
    """Open or make the database in `directory`, alone; a file that is not usable is set aside as `….<stamp>.bad`.

    Raises:
        StoreBusyError: another process has it.
        StoreError: the directory or a new file cannot be used.
    """
    with _locked(directory):
        path = directory / FILE_NAME
        try:
            connection = await _connect(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) or not path.exists():
                raise StoreError(
                    f"cannot open {path}: {error}", hint="is the disk full, read-only or failing?"
                ) from error
            set_aside(path, stamp)
            connection = await _connect(path)
        try:
            yield Database(connection)
        finally:
            # An unclosed connection keeps its thread, and with it the whole process, alive.
            await asyncio.shield(connection.close())


def set_aside(path: Path, stamp: str) -> None:
    """Give a damaged database, with its WAL, a dated name, for a person to look at, and make room for a new one."""
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(f"{path.name}{suffix}.{stamp}.bad"))


@contextlib.contextmanager
def _locked(directory: Path) -> Any:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"cannot use the store's directory {directory}: {error.strerror}",
            hint="store.directory must exist, or be makeable, and be writable by this user",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreBusyError(
                f"another edgetwin has the store in {directory}",
                hint="stop it, or give this one its own store.directory",
            ) from None
        yield
    finally:
        os.close(handle)


async def _connect(path: Path) -> aiosqlite.Connection:
    fresh = not path.exists()  # noqa: ASYNC240 - once, at start
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        version = (await _one(connection, "PRAGMA user_version"))[0]
        if version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"made by a newer edgetwin (schema {version}, known {SCHEMA_VERSION})")
        if version < SCHEMA_VERSION:
            await _migrate(connection, version)
        if fresh:
            await connection.executescript(
                f"CREATE TABLE growth (b); INSERT INTO growth VALUES (zeroblob({GROWTH_BYTES})); DROP TABLE growth;"  # noqa: S608 - a constant of ours
            )
    except BaseException:
        await connection.close()
        raise
    return connection


async def _migrate(connection: aiosqlite.Connection, version: int) -> None:
    folder = resources.files("gateway.store") / "schema"
    for number in range(version + 1, SCHEMA_VERSION + 1):
        script = (folder / f"{number:04d}.sql").read_text(encoding="utf-8")
        await connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version={number}; COMMIT;")


async def _one(connection: aiosqlite.Connection, sql: str) -> tuple[Any, ...]:
    rows = list(await connection.execute_fetchall(sql))
    return tuple(rows[0])
