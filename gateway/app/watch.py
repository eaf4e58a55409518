"""Looks once a second at how the twin is kept: drift, service levels, and what of the sync states is to be recorded."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from gateway.app.levels import Levels
from gateway.app.sync import SyncTracker
from gateway.core.service_level import Level, breaches
from gateway.core.settings_objectives import ObjectivesSettings
from gateway.errors import StoreError
from gateway.store.database import Database, Statement
from gateway.store.events import EventLog

LOOK_EVERY_S = 1.0
"""Half a second late on average is nothing for a state that is called drifting after half a minute."""
WRITE_AGAIN_S = 60.0
"""A disk that takes nothing is not asked every second; what happens meanwhile waits in memory."""

log = structlog.get_logger("sync")


async def watch_levels(
    sync: SyncTracker, levels: Levels, objectives: ObjectivesSettings, database: Database, events: EventLog
) -> None:
    """Look for ever."""
    pause_s = 0.0
    while pause_s >= 0:
        await asyncio.sleep(pause_s)
        pause_s = await _look(sync, levels, objectives, database, events)


async def _look(
    sync: SyncTracker, levels: Levels, objectives: ObjectivesSettings, database: Database, events: EventLog
) -> float:
    levels.look()
    sync.look(levels.waiting(), objectives.freshness_s)
    steps = sync.due_steps()
    statements: list[Statement] = []
    for step, devices in steps:
        statements += events.statements("sync_state", devices=devices, before=step.before.value, after=step.after.value,
                                        cause=step.cause.value)  # fmt: skip
    if not statements:
        return LOOK_EVERY_S
    try:
        await database.write(*statements)
    except StoreError as error:
        log.error("cannot record sync states", steps=len(steps), reason=str(error), hint=error.hint)
        return WRITE_AGAIN_S
    return LOOK_EVERY_S


def described(
    levels: dict[str, Level], sync: SyncTracker, conflict_rate: float, objectives: ObjectivesSettings
) -> dict[str, Any]:
    """Each device's figures for `status`, and which objectives it misses."""
    return {
        name: {
            "since_s": round(sync.since_s(name), 1),
            **{key: None if value is None else round(value, 5) for key, value in level._asdict().items()},
            "breached": breaches(level, conflict_rate, objectives),
        }
        for name, level in levels.items()
    }
