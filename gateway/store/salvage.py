"""What can still be read of a database that was set aside goes into the new one.

A damaged page makes a statement fail that touches it, and no other. So a table is read in ranges of its row ids, and a
range that fails is halved until only what is damaged is left out. What is inside the rows is looked at by those who
read them: every segment has its CRC, and the account of readings finds out what is missing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog

ROWS_AT_ONCE = 256
RANGES_MAX = 20_000
"""Statements for one table: a file that is damaged everywhere is given up before the gateway is late with its start."""
IDS_GUESSED = 2**24
"""Behind the first, where the last cannot be read; empty ranges cost one statement each."""
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"

Row = tuple[Any, ...]

log = structlog.get_logger("store")


class Salvaged(NamedTuple):
    """What came over from a damaged database."""

    rows: int = 0
    segments: int = 0
    damaged: tuple[str, ...] = ()
    """The tables of which something could not be read, or did not fit."""


def salvage(path: Path, aside: Path) -> Salvaged:
    """Copy every row of `aside` that can be read into the same table of the database at `path`, which is new.

    Where that takes no more, for instance because the disk is full, the rest stays where it is.
    """
    rows = segments = 0
    damaged = []
    with (
        contextlib.closing(_opened(_left_alone(aside))) as old,
        contextlib.closing(_opened(path.resolve().as_uri())) as new,
    ):
        for (table,) in new.execute(TABLES).fetchall():
            count, whole = _copy(old, new, table)
            rows += count
            segments += count if table.startswith("segment_") else 0
            damaged += [] if whole else [table]
    log.warning("rows salvaged", rows=rows, segments=segments, damaged=damaged)
    return Salvaged(rows, segments, tuple(damaged))


def _left_alone(aside: Path) -> str:
    """Without a WAL that has to be looked into first, SQLite need not touch what a person may want to look at."""
    has_wal = Path(f"{aside}-wal").exists()
    return f"{aside.resolve().as_uri()}{'' if has_wal else '?mode=ro&immutable=1'}"


def _opened(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    # A text with a flipped bit comes over as it is, for its reader to find.
    connection.text_factory = lambda data: data.decode(errors="replace")
    return connection


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[int, bool]:
    """How many rows of a table came over, and whether that was all."""
    ours, count = _columns(new, table), 0
    try:
        theirs = _columns(old, table)
        columns = [name for name in ours if name in theirs]
        if not columns:
            return 0, False
        reader = _Reader(old, table, columns)
        # The names are those of our own schema.
        insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        for rows in reader.by_id() if ours.get("id") == "INTEGER" else reader.from_both_ends():
            with new:
                new.execute("BEGIN IMMEDIATE")
                count += new.executemany(insert, rows).rowcount
    except (sqlite3.Error, ValueError, OverflowError) as error:
        log.error("salvage of a table ends early", table=table, rows=count, reason=str(error))
        return count, False
    return count, reader.whole and len(columns) == len(ours)


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """The names of a table's columns, with their types."""
    return {str(row[1]): str(row[2]) for row in connection.execute(f"PRAGMA table_info({table})")}


class _Reader:
    """Reads what can be read of one table."""

    def __init__(self, old: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
        self._old = old
        self._select = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - names of our own schema
        self.whole = True

    def by_id(self) -> Iterator[list[Row]]:
        """In ranges of ids, halved where they fail."""
        lowest, highest = (self._rows(f"ORDER BY id {order} LIMIT 1") for order in ("ASC", "DESC"))
        if not lowest and not highest and self.whole:
            return
        # Where the page at an end is damaged, nobody knows how far the rows reach.
        begin = int(lowest[0][0]) if lowest else 1
        ranges = [(begin, int(highest[0][0]) if highest else begin + IDS_GUESSED)]
        for _ in range(RANGES_MAX):
            if not ranges:
                return
            first, last = ranges.pop()
            rows = self._rows("WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?", (first, last, ROWS_AT_ONCE))
            if rows is None:
                middle = (first + last) // 2
                ranges += [(middle + 1, last), (first, middle)] if first < last else []
            elif rows:
                yield rows
                if len(rows) == ROWS_AT_ONCE and rows[-1][0] < last:
                    ranges.append((rows[-1][0] + 1, last))
        self.whole = False

    def from_both_ends(self) -> Iterator[list[Row]]:
        """Row by row, as far as that goes, and then from the other end; these tables are small."""
        for order in ("ASC", "DESC"):
            rows: list[Row] = []
            try:
                for row in self._old.execute(f"{self._select} ORDER BY 1 {order}"):
                    rows.append(row)  # noqa: PERF402 - what came before an error counts
            except (sqlite3.Error, ValueError):
                self.whole = False
            yield rows
            if self.whole:
                return

    def _rows(self, tail: str, parameters: Sequence[int] = ()) -> list[Row] | None:
        """None where they cannot be read."""
        try:
            return self._old.execute(f"{self._select} {tail}", parameters).fetchall()
        except (sqlite3.Error, ValueError, OverflowError):
            self.whole = False
            return None
