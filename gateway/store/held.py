"""Values that are kept over a restart: set points."""

from __future__ import annotations

import msgspec

from gateway.core.reading import Value
from gateway.store.database import Database, Statement


async def load_held(database: Database) -> dict[str, Value]:
    """Every value that is kept, by channel.

    Raises:
        StoreError: they cannot be read.
    """
    rows = await database.read("SELECT channel, value FROM held")
    return {channel: msgspec.json.decode(value, type=Value) for channel, value in rows}


def hold(channel: str, value: Value) -> Statement:
    """The statement that keeps `value`."""
    text = msgspec.json.encode(value).decode()
    return (
        "INSERT INTO held (channel, value) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET value = excluded.value",
        [(channel, text)],
    )
