"""After an outage: a million readings from the disk to the twin, on loopback.

Counted from the moment at which the broker lets the gateway in, until every reading is acknowledged and nothing is on
the disk any more. CPU and memory are of the gateway's side; broker and twin are other processes and are not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench import counters
from bench.baseline import RowStore, row_gateway
from bench.cache import fill
from bench.readings import Source, as_message
from bench.result import Measured, Metric
from bench.rig import BATCH, Progress, Stage, linked, open_rooms, stage

METRICS = (
    Metric("wall_s", "s", target=1.5),
    Metric("cpu_s", "s", target=0.6),
    Metric("rss_growth_mb", "MB", target=2),
)
CHANNELS = 20
MILLION = 1_000_000


@dataclass(frozen=True)
class Sizes:
    """How much is measured; times are given for a million readings in any case."""

    cached: int = MILLION
    rounds: int = 3
    baseline_cached: int = 2_000


FULL = Sizes()
QUICK = Sizes(cached=5_000, rounds=1, baseline_cached=20)


class Cost(NamedTuple):
    """What a drain took."""

    wall_s: float
    cpu_s: float
    rss_growth_mb: float

    def of_a_million(self, readings: int) -> dict[str, float | None]:
        """As metrics: the times in proportion, the memory as it is."""
        scale = MILLION / readings
        return {"wall_s": self.wall_s * scale, "cpu_s": self.cpu_s * scale, "rss_growth_mb": self.rss_growth_mb}


class Meter:
    """Runs from its making on."""

    def __init__(self) -> None:
        gc.collect()
        counters.reset_peak()
        self._rss = counters.rss()
        self._wall_s = time.monotonic()
        self._cpu_s = time.process_time()

    def read(self) -> Cost:
        """What was spent so far."""
        wall_s, cpu_s = time.monotonic() - self._wall_s, time.process_time() - self._cpu_s
        return Cost(wall_s, cpu_s, max(0, counters.peak_rss() - self._rss) / counters.MB)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    async with stage() as at:
        await at.start_ack_twin()
        costs = [await _drain(at, f"store-{number}", sizes.cached) for number in range(sizes.rounds)]
        backlog = [as_message(one, "Cel") for one in Source(CHANNELS).readings(sizes.baseline_cached, 0, 0)]
        address = (at.broker.host, at.broker.port)
        plain = await asyncio.to_thread(_row_drain, at.folders.state / "rows", address, backlog)
    return Measured(
        _median(costs).of_a_million(sizes.cached),
        plain.of_a_million(sizes.baseline_cached),
        [
            f"median of {sizes.rounds} times {sizes.cached:,} readings in segments of {BATCH}",
            f"the baseline drained {sizes.baseline_cached:,}; its times are multiplied",
        ],
    )


def _median(costs: Sequence[Cost]) -> Cost:
    """The median of times; of memory the first, because later rounds find what that one has left."""
    wall_s, cpu_s = (
        statistics.median(times) for times in ([one.wall_s for one in costs], [one.cpu_s for one in costs])
    )
    return Cost(wall_s, cpu_s, costs[0].rss_growth_mb)


async def _drain(at: Stage, store: str, cached: int) -> Cost:
    site = at.site(store)
    await fill(site.store, cached)
    async with open_rooms(site) as rooms:
        progress = Progress(rooms)
        async with linked(rooms):
            meter = Meter()
            await progress.until_gone()
            return meter.read()


def _row_drain(directory: Path, address: tuple[str, int], backlog: list[str]) -> Cost:
    with contextlib.closing(RowStore(directory)) as store:
        store.put_all(backlog)
    meter = Meter()
    with row_gateway(directory, *address) as gateway:
        gateway.settle()
        return meter.read()
