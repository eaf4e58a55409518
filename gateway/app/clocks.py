"""Watches the clocks: what happens to them goes into the event log, and what they taught is kept for the next boot."""

from __future__ import annotations

import asyncio

import structlog

from gateway.errors import StoreError
from gateway.finishing import finished
from gateway.store.boots import save_boot
from gateway.store.database import Database, Statement
from gateway.store.events import EventLog
from gateway.timekeeper import Timekeeper

LOOK_EVERY_S = 1.0
"""A reading that is dated wrongly for longer than this after the clock was set would be noticed."""
WRITE_AGAIN_S = 60.0
"""A disk that takes nothing is not asked every second."""

log = structlog.get_logger("time")


async def keep_time(timekeeper: Timekeeper, database: Database, events: EventLog) -> None:
    """Look at the clocks for ever, and once more at the end: how far this boot came bounds those around it."""
    try:
        pause_s = 0.0
        while pause_s >= 0:
            await asyncio.sleep(pause_s)
            pause_s = await _look(timekeeper, database, events)
    finally:
        timekeeper.look()
        await finished(_keep(timekeeper, database))


async def _look(timekeeper: Timekeeper, database: Database, events: EventLog) -> float:
    """One look; returns the seconds until the next."""
    happened, learnt = timekeeper.look()
    statements: list[Statement] = []
    for event in happened:
        data = {} if event.seconds is None else {"seconds": event.seconds}
        log.warning(event.kind.replace("_", " "), **data)
        statements += events.statements(event.kind, **data)
    if not learnt and not statements:
        return LOOK_EVERY_S
    return LOOK_EVERY_S if await _keep(timekeeper, database, *statements) else WRITE_AGAIN_S


async def _keep(timekeeper: Timekeeper, database: Database, *statements: Statement) -> bool:
    """Whether the disk took it. It is not worth more than a word: without it times are only known less well."""
    try:
        await database.write(*statements, *save_boot(timekeeper.boots.present))
    except StoreError as error:
        log.error("cannot keep the time of this boot", reason=str(error), hint=error.hint)
        return False
    return True
