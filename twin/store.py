"""The twin's own durable store: SQLite, one writer, one transaction for everything that waits.

WAL with `synchronous=FULL`: what `write` returns from has survived a power cut. Reading has a connection of its own and
sees what is committed, nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from twin.changes import (
    AGGREGATES,
    BIRTHS,
    EVENTS,
    GATEWAYS,
    NUMBERINGS,
    READINGS,
    RECEIVED,
    SERIES,
    SHADOWS,
    SHED,
    THINNED,
    Changes,
    Statement,
    Table,
)

FILE_NAME = "twin.db"
SCHEMA_VERSION = 3
BUSY_TIMEOUT_S = 5.0
"""A person with the sqlite3 shell may hold the file for a moment."""

RUNGS = (512, 64, 8, 1)
"""Rows that one statement writes. The interpreter's lock changes hands at every statement, which made one statement for
each row five times slower while the event loop was busy; a ladder of sizes keeps the prepared statements few."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)

ORDER = (GATEWAYS, BIRTHS, NUMBERINGS, SERIES, SHADOWS, EVENTS, THINNED, AGGREGATES)
"""Rows that others refer to come first."""


class StoreError(Exception):
    """The disk did not take it or give it back; nothing was promised on the strength of it."""


class StoreBusyError(StoreError):
    """Another twin has this directory."""


class Store:
    """The open database."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader

    async def read(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows that `sql` selects of what is committed.

        Raises:
            StoreError: the database does not answer.
        """
        with _translated("read from"):
            return [tuple(row) for row in await self._reader.execute_fetchall(sql, parameters)]

    async def write(self, changes: Changes) -> None:
        """Commit `changes`, all or nothing, and return when they are on the disk.

        Raises:
            StoreError: nothing of them was stored.
        """
        with _translated("write to"):
            await self._writer.execute("BEGIN IMMEDIATE")
            try:
                for sql, rows in statements(changes):
                    await self._writer.executemany(sql, rows)
                await self._writer.commit()
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    await self._writer.rollback()
                raise


def statements(changes: Changes) -> Iterator[Statement]:
    """What writes `changes`, in order."""
    for row in changes.gateways():
        changes.put(GATEWAYS, *row)
    for table in ORDER:
        rows = changes.rows.get(table)
        if rows:
            yield from _ladder(table, [cell for row in rows.values() for cell in row])
    grown = list(changes.ranges())
    if grown:
        # A range that has grown takes in those that followed it.
        swallowed = "DELETE FROM received WHERE numbering = ? AND first > ? AND first <= ?"
        yield Statement(swallowed, list(grown))
        yield from _ladder(RECEIVED, [cell for row in grown for cell in row])
    for number, first, last, ranges in changes.shed_spans():
        yield Statement("DELETE FROM shed WHERE numbering = ? AND first <= ? AND last >= ?", [(number, last, first)])
        yield from _ladder(SHED, [cell for one in ranges for cell in (number, *one)])
    yield from _ladder(READINGS, changes.readings)
    yield from changes.statements


def _ladder(table: Table, flat: Sequence[object]) -> Iterator[Statement]:
    """Statements that put the rows in `flat`, which lie end to end, in as few steps as the ladder allows."""
    width = len(table.columns)
    at = 0
    for rung in RUNGS:
        size = rung * width
        end = at + (len(flat) - at) // size * size
        if end > at:
            yield Statement(_upsert(table, rung), [tuple(flat[place : place + size]) for place in range(at, end, size)])
        at = end


def _upsert(table: Table, rows: int) -> str:
    marks = f"({', '.join('?' * len(table.columns))})"
    sql = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES {', '.join([marks] * rows)}"  # noqa: S608 - the names are constants of `changes`
    if table.key:
        settings = ", ".join(f"{column} = excluded.{column}" for column in table.columns[table.key :])
        sql += f" ON CONFLICT ({', '.join(table.columns[: table.key])}) DO UPDATE SET {settings}"
    return sql


@contextlib.contextmanager
def _translated(verb: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        raise StoreError(f"cannot {verb} the twin's store: {error}") from error


@contextlib.asynccontextmanager
async def open_store(directory: Path) -> AsyncIterator[Store]:
    """Open or make the store in `directory`, alone.

    Raises:
        StoreBusyError: another twin has it.
        StoreError: the directory or the file cannot be used.
    """
    with _locked(directory):
        async with contextlib.AsyncExitStack() as stack:
            with _translated("open"):
                path = directory / FILE_NAME
                # An unclosed connection keeps its thread, and with it the whole process, alive.
                writer = await stack.enter_async_context(_connect(path))
                await _migrate(writer)
                reader = await stack.enter_async_context(_connect(path))
                await reader.execute("PRAGMA query_only=ON")
            yield Store(writer, reader)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold `directory` for this process; the lock goes with the process, however it ends."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory / "twin.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"cannot use the twin's directory {directory}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreBusyError(f"another twin has {directory}; stop it, or give this one its own") from None
        yield
    finally:
        os.close(handle)


def _connect(path: Path) -> Any:
    return aiosqlite.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=256)


async def _migrate(connection: aiosqlite.Connection) -> None:
    for pragma in PRAGMAS:
        await connection.execute(pragma)
    version = next(iter(await connection.execute_fetchall("PRAGMA user_version")))[0]
    if version > SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"made by a newer twin (schema {version}, known {SCHEMA_VERSION})")
    folder = resources.files("twin") / "schema"
    for number in range(version + 1, SCHEMA_VERSION + 1):
        script = (folder / f"{number:04d}.sql").read_text(encoding="utf-8")
        await connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version={number}; COMMIT;")
