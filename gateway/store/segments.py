"""Segments on the disk: the SQL of the outbox, and nothing of its decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from gateway.core.ledger_events import Key, Snapshot, decode_snapshot, encode_snapshot
from gateway.core.reading import ClockState, Lane
from gateway.core.segment import Base, Segment, compress, expand
from gateway.core.wire import FinishedEpoch
from gateway.store.database import Database, Statement

INSERT = (
    "INSERT INTO segment (id, lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LOAD = (
    "SELECT id, lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body FROM segment "
    "WHERE lane = ? AND id > ? ORDER BY id LIMIT ?"
)
SET_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
FINISHED_EPOCHS_MAX = 8
"""How many past starts the birth message tells of; what waited for longer is found by the twin's own holes."""


class Stored(NamedTuple):
    """A segment and its row. `segment` is None where the row is damaged: its CRC does not match."""

    row: int
    key: Key
    segment: Segment | None


class Origin(NamedTuple):
    """What a database says of the store that it is."""

    store_id: str
    starts: int
    ledger: Snapshot | None
    finished: list[FinishedEpoch]


def insert(rows: Iterable[tuple[int, Segment]]) -> Statement:
    """The statement that writes segments, each with the id of its row."""
    return INSERT, [_row(row, segment) for row, segment in rows]


def _row(row: int, segment: Segment) -> tuple[object, ...]:
    body, base = compress(segment.body), segment.base
    return (
        row,
        int(segment.lane),
        segment.epoch,
        segment.first,
        segment.last,
        base.boot_id,
        base.boottime_ns,
        base.wall_ns,
        base.clock.value,
        segment.thinned,
        crc32(body),
        body,
    )


def delete(rows: Iterable[int]) -> Statement:
    """The statement that forgets rows."""
    return "DELETE FROM segment WHERE id = ?", [(row,) for row in rows]


def save_ledger(snapshot: Snapshot) -> Statement:
    """The statement that keeps the counts of readings. What is in memory only is left out: it is in the same commit."""
    kept = msgspec.structs.replace(snapshot, open={}, volatile=[], freed=[], writing=[])
    return SET_META, [("ledger", encode_snapshot(kept))]


def save_start(store_id: str, starts: int, finished: Sequence[FinishedEpoch]) -> Statement:
    """The statement that makes a start, and with it an epoch, durable before any number of it is given."""
    epochs = msgspec.json.encode(finished[-FINISHED_EPOCHS_MAX:])
    return SET_META, [("store_id", store_id), ("starts", starts), ("epochs", epochs)]


async def load_origin(database: Database, fresh_id: str) -> Origin:
    """What the database says of itself; a new one takes `fresh_id`."""
    meta = dict(await database.read("SELECT key, value FROM meta"))
    try:
        ledger = decode_snapshot(meta["ledger"]) if "ledger" in meta else None
    except msgspec.DecodeError:  # Written by another version: the readings themselves are in rows and stay.
        ledger = None
    finished = msgspec.json.decode(meta.get("epochs", b"[]"), type=list[FinishedEpoch])
    return Origin(meta.get("store_id", fresh_id), int(meta.get("starts", 0)), ledger, finished)


async def load_lane(database: Database, lane: Lane, after: int, limit: int) -> list[Stored]:
    """Up to `limit` segments of a lane in the order in which they were written, from the row behind `after` on."""
    return [_stored(row) for row in await database.read(LOAD, (int(lane), after, limit))]


def _stored(row: tuple[Any, ...]) -> Stored:
    number, lane, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body = row
    key = Key(epoch, Lane(lane), first)
    if not isinstance(body, bytes) or crc32(body) != crc:
        return Stored(number, key, None)
    base = Base(boot_id, boottime_ns, wall_ns, ClockState(clock))
    segment = Segment(key.lane, key.epoch, key.first, last, base, expand(body), thinned)
    return Stored(number, key, segment)


async def load_rows(database: Database) -> dict[Key, int]:
    """The row of every segment; only after a crash, when keys alone are known."""
    rows = await database.read("SELECT id, epoch, lane, first FROM segment")
    return {Key(epoch, Lane(lane), first): row for row, epoch, lane, first in rows}


async def load_waiting(database: Database) -> tuple[dict[Lane, int], int, int]:
    """Segments per lane, readings in all, and the highest id of a row."""
    rows = await database.read("SELECT lane, count(*), sum(last - first + 1), max(id) FROM segment GROUP BY lane")
    lanes = {Lane(lane): count for lane, count, _, _ in rows}
    return lanes, sum(readings for _, _, readings, _ in rows), max((top for *_, top in rows), default=0)
