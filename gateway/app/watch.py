"""Looks once a second at how the twin is kept: drift, service levels, and what of the sync states is to be recorded."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import structlog

from gateway.app.levels import Levels
from gateway.app.sync import SyncTracker
from gateway.core.pressure import Pressure
from gateway.core.service_level import Level, breaches
from gateway.core.settings_objectives import ObjectivesSettings
from gateway.errors import StoreError
from gateway.finishing import finished
from gateway.store.database import Database, Statement
from gateway.store.events import EventLog
from gateway.store.levels import save_levels
from gateway.store.shadows import Tally

LOOK_EVERY_S = 1.0
"""Half a second late on average is nothing for a state that is called drifting after half a minute."""
WRITE_AGAIN_S = 60.0
"""A disk that takes nothing is not asked every second; what happens meanwhile waits in memory."""

log = structlog.get_logger("sync")


class Watched(NamedTuple):
    """What is looked at."""

    sync: SyncTracker
    levels: Levels
    pressure: Pressure
    objectives: ObjectivesSettings


async def watch_levels(watched: Watched, database: Database, events: EventLog) -> None:
    """Look for ever, and keep the history at the end. How late it comes to that says whether the processor keeps up."""
    loop, pause_s = asyncio.get_running_loop(), 0.0
    try:
        while pause_s >= 0:
            due_s = loop.time() + pause_s
            await asyncio.sleep(pause_s)
            pause_s = await _look(watched, loop.time() - due_s, database, events)
    finally:
        await finished(_keep(watched.levels, database))


async def _keep(levels: Levels, database: Database) -> None:
    """Keep what the next start should know. At the end others write too, and share the transaction."""
    levels.look()
    try:
        await database.write(save_levels(levels.history(ended=True)))
    except StoreError as error:
        log.error("cannot keep the levels of this run", reason=str(error), hint=error.hint)


async def _look(watched: Watched, late_s: float, database: Database, events: EventLog) -> float:
    sync, levels, pressure, objectives = watched
    levels.look()
    sync.look(levels.waiting(), objectives.freshness_s)
    steps = sync.due_steps()
    statements: list[Statement] = []
    if pressure.look(late_s):
        level = pressure.level.name.lower()
        log.warning("processor keeps up" if level == "calm" else "processor does not keep up", level=level)
        statements += events.statements("cpu_pressure", level=level, late_s=round(pressure.late_s, 3))
    for step, devices in steps:
        statements += events.statements("sync_state", devices=devices, before=step.before.value, after=step.after.value,
                                        cause=step.cause.value)  # fmt: skip
    if not statements:
        return LOOK_EVERY_S
    if levels.history_due:
        statements.append(save_levels(levels.history(ended=False)))
    try:
        await database.write(*statements)
    except StoreError as error:
        log.error("cannot record sync states", steps=len(steps), reason=str(error), hint=error.hint)
        return WRITE_AGAIN_S
    return LOOK_EVERY_S


NO_READINGS = Level(None, None, None, None)
"""What has a shadow and is not read, a thermostat, can still miss the objective for conflicts."""


def described(
    levels: dict[str, Level], sync: SyncTracker, conflicts: Tally, objectives: ObjectivesSettings
) -> dict[str, Any]:
    """Each device's figures for `status`, and which objectives it misses."""
    return {
        name: {
            "since_s": round(sync.since_s(name), 1),
            **{key: None if value is None else round(value, 5) for key, value in level._asdict().items()},
            "conflict_rate": round(conflicts.of(name).rate, 5),
            "breached": breaches(level, conflicts.of(name).rate, objectives),
        }
        for name, level in ({name: levels.get(name, NO_READINGS) for name in sync.states}).items()
    }
