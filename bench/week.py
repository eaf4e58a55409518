"""A long outage in simulated time: what it adds to the memory of the store, and what it leaves on the disk.

usage: python -m bench.week DIRECTORY HOURS

Twenty channels are read every ten seconds. Prints one JSON object. The directory should be in memory: what is asked is
not how fast a disk flushes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import msgspec

from bench import counters
from bench.readings import Source
from bench.rig import commit_if_due, open_store, take_in
from bench.simulated import SimulatedClock
from gateway.cli.logs import configure
from gateway.clock import NS_PER_S
from gateway.core.settings import LogLevel, LogSettings, StoreSettings
from gateway.store.database import PAGE_BYTES, Database
from gateway.store.recovery import Opened

CHANNELS = 20
EVERY_S = 10
TICKS_OF_AN_HOUR = 3600 // EVERY_S
DAY_HOURS = 24
TICKS_ALONE = 24
"""Not enough readings for a first joining."""


class Outage(msgspec.Struct, frozen=True):
    """What it did."""

    readings: int
    rss_before: int
    rss_day: int
    """After the first day, or as much of it as there was."""
    rss_after: int
    alone_bytes: float
    """On the disk, of each reading, before any segments were joined."""
    joined_bytes: float
    """On the disk, of each reading, in the end."""
    files_bytes: int
    """Of all files of the database, its WAL and its free pages included."""


async def main(directory: Path, hours: int) -> Outage:
    """One hour to warm up, then as many as asked for."""
    clock, source = SimulatedClock(), Source(CHANNELS)
    settings = StoreSettings(directory=str(directory), runtime_directory=str(directory))
    async with open_store(settings, clock) as (database, opened):
        empty = await _used_bytes(database)
        await _pass(opened, clock, source, TICKS_ALONE)
        alone = await _used_bytes(database)
        await _pass(opened, clock, source, TICKS_OF_AN_HOUR - TICKS_ALONE)
        gc.collect()
        before = counters.memory().rss
        first = min(hours, DAY_HOURS)
        await _pass(opened, clock, source, first * TICKS_OF_AN_HOUR)
        gc.collect()
        day = counters.memory().rss
        await _pass(opened, clock, source, (hours - first) * TICKS_OF_AN_HOUR)
        gc.collect()
        after = counters.memory().rss
        joined = await _used_bytes(database)
        return Outage(
            hours * TICKS_OF_AN_HOUR * CHANNELS,
            before,
            day,
            after,
            (alone - empty) / (TICKS_ALONE * CHANNELS),
            (joined - empty) / ((hours + 1) * TICKS_OF_AN_HOUR * CHANNELS),
            _files_bytes(directory),
        )


def _files_bytes(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("*.db*"))


async def _used_bytes(database: Database) -> int:
    pages = (await database.read("PRAGMA page_count"))[0][0]
    return int(pages - (await database.read("PRAGMA freelist_count"))[0][0]) * PAGE_BYTES


async def _pass(opened: Opened, clock: SimulatedClock, source: Source, ticks: int) -> None:
    outbox = opened.outbox
    for _ in range(ticks):
        take_in(outbox, source, source.readings(CHANNELS, clock.boottime_ns(), clock.wall_ns(), tick_ns=0))
        clock.advance(EVERY_S * NS_PER_S)
        await commit_if_due(opened, clock)


if __name__ == "__main__":
    configure(LogSettings(level=LogLevel.WARNING))
    made = asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
    sys.stdout.buffer.write(msgspec.json.encode(made))
