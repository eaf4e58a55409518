"""Makes a store that holds what a long outage has left, in a process of its own, so that ours keeps none of its memory.

usage: python -m bench.cache STORE RUNTIME READINGS
"""

from __future__ import annotations

import asyncio
import sys

from bench.children import module, output_of
from bench.readings import Source
from bench.rig import BATCH, open_store, take_in
from bench.simulated import SimulatedClock
from gateway.cli.logs import configure
from gateway.clock import NS_PER_S
from gateway.core.settings import LogLevel, LogSettings, StoreSettings

CHANNELS = 20
SEGMENTS_OF_A_COMMIT = 8
"""Little enough to lie in memory until its commit."""


async def fill(settings: StoreSettings, readings: int) -> None:
    """Fill a store with readings in full segments, as at 100 readings in a second and a commit every 5 s.

    Raises:
        BenchError: it could not be filled.
    """
    arguments = (settings.directory, settings.runtime_directory, str(readings))
    await output_of(module(sys.executable, "bench.cache", *arguments))


async def main(directory: str, runtime: str, readings: int) -> None:
    """Fill it here."""
    source, clock = Source(CHANNELS), SimulatedClock()
    settings = StoreSettings(directory=directory, runtime_directory=runtime)
    async with open_store(settings, clock) as (_, opened):
        for segment in range(-(-readings // BATCH)):
            count = min(BATCH, readings - segment * BATCH)
            take_in(opened.outbox, source, source.readings(count, clock.boottime_ns(), clock.wall_ns()))
            clock.advance(NS_PER_S * -(-count // CHANNELS))
            if segment % SEGMENTS_OF_A_COMMIT == 0:
                await opened.committer.commit()


if __name__ == "__main__":
    configure(LogSettings(level=LogLevel.WARNING))
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
