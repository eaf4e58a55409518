"""The entries of the event log that tell why a channel is as it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from gateway.core.explain import KINDS, Past
from gateway.store.database import Database
from gateway.store.log_file import read_log

_SQL = (
    f"SELECT time_s, kind, data FROM event WHERE kind IN ({', '.join('?' * len(KINDS))}) "  # noqa: S608 - ours
    "AND (kind = 'start' OR instr(data, ?) OR instr(data, ?)) ORDER BY id"
)
"""The log is bounded (`EVENTS_MAX`), and so is what this finds."""


async def past_of(database: Database, channel: str) -> list[Past]:
    """What the log of the running daemon tells of `channel` and of its device, oldest first.

    Raises:
        StoreError: it cannot be read.
    """
    names = (channel, channel.partition("/")[0])
    return _read(await database.read(_SQL, (*KINDS, *(msgspec.json.encode(name).decode() for name in names))))


def past_in(directory: Path) -> list[Past]:
    """What the log in a directory tells of all channels, oldest first; nothing there is changed.

    Raises:
        StoreError: it cannot be read.
    """
    return _read((entry.time_s, entry.kind, entry.data) for entry in read_log(directory) if entry.kind in KINDS)


def _read(rows: Iterable[tuple[float, str, str]]) -> list[Past]:
    found = []
    for time_s, kind, data in rows:
        try:
            found.append(Past(time_s, kind, msgspec.json.decode(data, type=dict[str, object])))
        except msgspec.DecodeError:  # One that is damaged tells nothing; `edgetwin log verify` says so.
            continue
    return found
