"""Segments on the disk: the SQL of the outbox, and nothing of its decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from gateway.core.ledger_events import Key, Quarantined, Snapshot, decode_snapshot, encode_snapshot, without_held
from gateway.core.packing import is_packed, pack, unpack
from gateway.core.reading import ClockState, Lane
from gateway.core.segment import Base, Segment
from gateway.core.wire import FinishedEpoch
from gateway.store.database import Database, Statement

COLUMNS = "id, epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned, crc, body"
INSERT = f"INSERT INTO segment_{{lane}} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours
LOAD = f"SELECT {COLUMNS} FROM segment_{{lane}} WHERE id > ? AND thinned < ? ORDER BY id LIMIT ?"  # noqa: S608 - ours
PUT_AWAY = (
    f"INSERT INTO quarantine (reason, lane, {COLUMNS[4:]}) "  # noqa: S608 - ours
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
KEEP_UNDECIDED = f"INSERT INTO undecided (lane, {COLUMNS[4:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours
FORGET_UNDECIDED = "DELETE FROM undecided WHERE id > 0"
"""All of them. Without a condition SQLite writes the first page of the table anew, also where it is empty."""
QUARANTINE_ROWS_MAX = 1000
"""Segments that are kept for a person to look at; the oldest are dropped."""
DELETE = "DELETE FROM segment_{lane} WHERE id = ?"
ROW_BYTES = 96
"""What a row takes beside its body."""
ANY = 2**31
SET_META = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
FINISHED_EPOCHS_MAX = 8
"""How many past starts the birth message tells of; what waited for longer is found by the twin's own holes."""


class Stored(NamedTuple):
    """A segment and its row. `segment` is None where the row is damaged: its CRC does not match."""

    row: int
    key: Key
    segment: Segment | None
    size_bytes: int
    """Of the row, about."""
    last: int
    """The segment's last number, also where it is damaged."""


class Origin(NamedTuple):
    """What a database says of the store that it is."""

    store_id: str
    starts: int
    ledger: Snapshot | None
    finished: list[FinishedEpoch]
    commits: int


def insert(rows: Iterable[tuple[int, Segment]]) -> list[Statement]:
    """The statements that write segments, each with the id of its row."""
    lanes: dict[Lane, list[tuple[object, ...]]] = {}
    for row, segment in rows:
        lanes.setdefault(segment.lane, []).append(_row(row, segment))
    return [(INSERT.format(lane=lane.label), values) for lane, values in lanes.items()]


def _row(row: int, segment: Segment) -> tuple[object, ...]:
    body, base = segment.packed or pack(segment.body), segment.base
    columns = (
        segment.epoch,
        segment.first,
        segment.last,
        base.boot_id,
        base.boottime_ns,
        base.wall_ns,
        base.clock.value,
        segment.thinned,
    )
    return (row, *columns, _crc(columns, body), body)


def _crc(columns: tuple[object, ...], body: bytes) -> int:
    """Of everything in a row but its id: a flipped bit in a number is as bad as one in the body."""
    return crc32(body, crc32(repr(columns).encode()))


def delete(rows: Iterable[tuple[Lane, int]]) -> list[Statement]:
    """The statements that forget rows, each named by its lane and id."""
    lanes: dict[Lane, list[tuple[int]]] = {}
    for lane, row in rows:
        lanes.setdefault(lane, []).append((row,))
    return [(DELETE.format(lane=lane.label), values) for lane, values in lanes.items()]


def put_away(quarantined: Sequence[Quarantined]) -> list[Statement]:
    """The statements that keep apart what the twin can never take."""
    if not quarantined:
        return []
    rows = [(one.reason, int(one.segment.lane), *_row(0, one.segment)[1:]) for one in quarantined]
    bound = "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?"
    return [(PUT_AWAY, rows), (bound, [(QUARANTINE_ROWS_MAX,)])]


def keep_undecided(segments: Sequence[Segment]) -> list[Statement]:
    """The statements that keep what waits for a decision, in place of what waited before."""
    rows = [(int(one.lane), *_row(0, one)[1:]) for one in segments]
    return [(FORGET_UNDECIDED, [()]), *([(KEEP_UNDECIDED, rows)] if rows else [])]


async def load_undecided(database: Database) -> list[Stored]:
    """What waited for a decision when the last commit was made."""
    rows = await database.read(f"SELECT lane, {COLUMNS} FROM undecided ORDER BY id")  # noqa: S608 - ours
    return [_stored(Lane(lane), row) for lane, *row in rows if lane in set(Lane)]


def save_ledger(snapshot: Snapshot, commits: int, gone: Collection[Key]) -> Statement:
    """The statement that keeps the counts of readings, in the transaction that deletes the rows of `gone`.

    What is in memory only is left out: it is in the same transaction.
    """
    freed = [key for key in snapshot.freed if key not in gone]
    held = {"open": {}, "volatile": [], "freed": freed, "writing": [], "gaps": [], "quarantine": []}
    kept = msgspec.structs.replace(without_held(snapshot), reporting=0, parting=0, commit=0, **held)
    return SET_META, [("ledger", encode_snapshot(kept)), ("commits", commits)]


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
    try:
        finished = msgspec.json.decode(meta.get("epochs", b"[]"), type=list[FinishedEpoch])
    except msgspec.DecodeError:  # Only a help for the twin; it finds the same holes by itself.
        finished = []
    starts, commits = int(meta.get("starts", 0)), int(meta.get("commits", 0))
    return Origin(meta.get("store_id", fresh_id), starts, ledger, finished, commits)


async def load_lane(database: Database, lane: Lane, after: int, limit: int, finer_than_s: int = ANY) -> list[Stored]:
    """Up to `limit` segments of a lane, oldest first, from the row behind `after` on; only finer ones where asked."""
    rows = await database.read(LOAD.format(lane=lane.label), (after, finer_than_s, limit))
    return [_stored(lane, row) for row in rows]


def _stored(lane: Lane, row: Sequence[Any]) -> Stored:
    number, *columns, crc, body = row
    epoch, first, last, boot_id, boottime_ns, wall_ns, clock, thinned = columns
    if not isinstance(body, bytes) or _crc(tuple(columns), body) != crc:
        first, last = (one if isinstance(one, int) else 0 for one in (first, last))
        return Stored(number, Key(str(epoch), lane, first), None, ROW_BYTES, last)
    base = Base(boot_id, boottime_ns, wall_ns, ClockState(clock))
    segment = Segment(lane, epoch, first, last, base, unpack(body), thinned, body if is_packed(body) else b"")
    return Stored(number, Key(epoch, lane, first), segment, ROW_BYTES + len(body), last)


def readings_in_a_row(stored: Sequence[Stored], otherwise: int) -> int:
    """How many readings a row of these holds on average; `otherwise` where there is none."""
    readings = sum(one.last - one.key.first + 1 for one in stored)
    return max(1, readings // len(stored)) if stored else otherwise


def size_bytes(segment: Segment) -> int:
    """How much room a segment takes on the disk, about."""
    return ROW_BYTES + len(pack(segment.body))


async def load_coarseness(database: Database) -> dict[tuple[Lane, int], int]:
    """How many segments there are, by lane and by how much they are thinned."""
    rows = await database.read("SELECT lane, thinned, count(*) FROM segment GROUP BY lane, thinned")
    return {(Lane(lane), thinned): count for lane, thinned, count in rows}


async def load_rows(database: Database) -> dict[Key, int]:
    """The row of every segment; only after a crash, when keys alone are known."""
    rows = await database.read("SELECT id, epoch, lane, first FROM segment")
    return {Key(epoch, Lane(lane), first): row for row, epoch, lane, first in rows}


async def load_ranges(database: Database) -> list[tuple[str, Lane, int, int]]:
    """Epoch, lane, first and last number of every segment; only after a loss."""
    rows = await database.read("SELECT epoch, lane, first, last FROM segment")
    return [(epoch, Lane(lane), first, last) for epoch, lane, first, last in rows]


async def load_waiting(database: Database) -> tuple[dict[Lane, int], int, int]:
    """Segments per lane, readings in all, and the highest id of a row."""
    rows = await database.read("SELECT lane, count(*), sum(last - first + 1), max(id) FROM segment GROUP BY lane")
    lanes = {Lane(lane): count for lane, count, _, _ in rows}
    return lanes, sum(readings for _, _, readings, _ in rows), max((top for *_, top in rows), default=0)
