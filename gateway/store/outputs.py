"""What is known of outputs over a restart: one row for each that has conditions of safety."""

from __future__ import annotations

import msgspec
import structlog

from gateway.core.safety_state import Output, remembered
from gateway.store.database import Database, Statement

UPSERT = "INSERT INTO output (channel, body) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET body = excluded.body"

log = structlog.get_logger("store")


async def load_outputs(database: Database) -> dict[str, Output]:
    """Every output that is kept, by channel. None of them is known any more before it is driven.

    Raises:
        StoreError: they cannot be read.
    """
    found: dict[str, Output] = {}
    for channel, body in await database.read("SELECT channel, body FROM output"):
        try:
            found[channel] = remembered(msgspec.json.decode(body, type=Output))
        except (msgspec.DecodeError, TypeError) as error:  # As on the first start: every time begins now.
            log.error("kept output cannot be read", channel=str(channel)[:80], reason=str(error))
    return found


def keep_output(channel: str, output: Output) -> Statement:
    """The statement that keeps one."""
    return (UPSERT, [(channel, msgspec.json.encode(output).decode())])
