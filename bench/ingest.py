"""Device to twin: readings come in batches of 500, are stored, sent, acknowledged and deleted.

Counted is the CPU time of the gateway's side, all threads, from the first reading until each is acknowledged and
nothing of it is on the disk. Broker and twin are other processes and are not counted.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench.baseline import row_gateway
from bench.readings import Source, as_message
from bench.result import Measured, Metric
from bench.rig import BATCH, Progress, linked, open_rooms, stage, take_in
from gateway.app.rooms import Rooms

METRICS = (Metric("readings_per_cpu_s", "1/s", target=500_000, times_baseline=100, lower_is_better=False),)
CHANNELS = 20
TICK_NS = 20_000_000
"""A batch is what 20 channels give in half a second, 50 times a second each."""
SMALLER = (20, 4, 1)
"""Readings that are taken in together, where the batch of 500 is put together in the outbox."""
IN_FLIGHT = 8 * BATCH
"""As much as the window of the link holds: below what the outbox would commit for its size."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    readings: int = 200_000
    rounds: int = 5
    baseline_s: float = 4.0


FULL = Sizes()
QUICK = Sizes(readings=5 * BATCH, rounds=1, baseline_s=0.2)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    source = Source(CHANNELS)
    async with stage() as at:
        await at.start_ack_twin()
        async with open_rooms(at.site()) as rooms, linked(rooms):
            progress = Progress(rooms)
            await _round(rooms, progress, source, BATCH)
            rates = [await _round(rooms, progress, source, sizes.readings) for _ in range(sizes.rounds)]
            smaller = {size: await _round(rooms, progress, source, sizes.readings, size) for size in SMALLER}
        arguments = (at.folders.state / "rows", at.broker.host, at.broker.port, sizes.baseline_s)
        rate, count = await asyncio.to_thread(_baseline, source, *arguments)
    spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
    return Measured(
        {"readings_per_cpu_s": statistics.median(rates)},
        {"readings_per_cpu_s": rate},
        [
            f"median of {len(rates)} rounds of {sizes.readings:,} readings; they gave {spread}",
            "taken in by devices of fewer channels, once each: "
            + ", ".join(f"{size} at a time {rate:,.0f}/s" for size, rate in smaller.items()),
            f"baseline: {count:,} readings",
        ],
    )


async def _round(rooms: Rooms, progress: Progress, source: Source, count: int, at_once: int = BATCH) -> float:
    """Readings per second of CPU time; `at_once` of them are taken in together."""
    outbox, clock = rooms.outbox, rooms.clock
    behind_ns = BATCH // CHANNELS * TICK_NS
    began_s = time.process_time()
    for _ in range(0, count, BATCH):
        now_ns, wall_ns = clock.boottime_ns() - behind_ns, clock.wall_ns() - behind_ns
        readings = source.readings(BATCH, now_ns, wall_ns, TICK_NS)
        for first in range(0, BATCH, at_once):
            take_in(outbox, source, readings[first : first + at_once], urgent=True)
        await asyncio.sleep(0)
        await progress.until_at_most(IN_FLIGHT - BATCH)
    await progress.until_gone()
    return count / (time.process_time() - began_s)


def _baseline(source: Source, directory: Path, host: str, port: int, seconds: float) -> tuple[float, int]:
    """Readings per second of CPU time, and how many there were."""
    with row_gateway(directory, host, port) as gateway:
        gateway.take("{}")
        gateway.settle()
        count, began_s, ends_s = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < ends_s:
            for reading in source.readings(CHANNELS, time.monotonic_ns(), time.time_ns()):
                gateway.take(as_message(reading, source.units[reading.series]))
                count += 1
            gateway.settle(at_most=CHANNELS)
        gateway.settle()
        return count / (time.process_time() - began_s), count
