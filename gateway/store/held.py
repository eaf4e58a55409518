"""Values that are kept over a restart: set points."""

from __future__ import annotations

import msgspec
import structlog

from gateway.core.reading import Value
from gateway.store.database import Database, Statement

log = structlog.get_logger("store")


async def load_held(database: Database) -> dict[str, Value]:
    """Every value that is kept, by channel.

    Raises:
        StoreError: they cannot be read.
    """
    held: dict[str, Value] = {}
    for channel, value in await database.read("SELECT channel, value FROM held"):
        try:
            held[channel] = msgspec.json.decode(value, type=Value)
        except msgspec.DecodeError as error:  # Its owner begins with what the configuration says.
            log.error("kept value cannot be read", channel=channel, reason=str(error))
    return held


def hold(channel: str, value: Value) -> Statement:
    """The statement that keeps `value`."""
    text = msgspec.json.encode(value).decode()
    return (
        "INSERT INTO held (channel, value) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET value = excluded.value",
        [(channel, text)],
    )
