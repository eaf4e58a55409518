"""Keeps how well the twin was kept of late, in transactions that are made anyway."""

from __future__ import annotations

import msgspec
import structlog

from gateway.core.level_history import History
from gateway.store.database import Database, Statement
from gateway.store.segments import SET_META

LEVELS_KEY = "levels"

log = structlog.get_logger("store")


async def load_levels(database: Database) -> History | None:
    """What an earlier run has kept; None where that is nothing, or cannot be read, which is told.

    Raises:
        StoreError: the database does not answer.
    """
    rows = await database.read("SELECT value FROM meta WHERE key = ?", (LEVELS_KEY,))
    if not rows:
        return None
    try:
        return msgspec.json.decode(rows[0][0] if isinstance(rows[0][0], str) else "", type=History)
    except (msgspec.DecodeError, RecursionError) as error:
        log.error("levels of an earlier run cannot be read", reason=str(error))
        return None


def save_levels(history: History) -> Statement:
    """What keeps it, in place of what was kept before: at most about a kilobyte for each device."""
    return (SET_META, [(LEVELS_KEY, msgspec.json.encode(history).decode())])


def begun_again(history: History | None) -> list[Statement]:
    """What keeps that a run has begun: it does not end where the one before did."""
    return [] if history is None else [save_levels(msgspec.structs.replace(history, ended=False))]
