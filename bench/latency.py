"""Realtime mode: from a reading to the moment at which the twin has committed it.

Both ends run on this machine and by the same clock. The gateway's readings are sent to the reference twin, whose
acknowledgement says when it had committed; the baseline's to a subscriber that commits each row.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path

from bench.baseline import row_gateway
from bench.cache import fill
from bench.children import BenchError
from bench.readings import Source, as_message
from bench.result import Measured, Metric, percentile
from bench.rig import Progress, Stage, linked, open_rooms, stage, take_in
from bench.row_twin import FILE_NAME, arrived
from demo.waiting import until
from gateway.app.rooms import Rooms
from gateway.clock import NS_PER_S
from gateway.core.reading import Lane
from gateway.core.wire import Ack

METRICS = (
    Metric("p50_ms", "ms", target=3),
    Metric("p99_ms", "ms", target=50),
    Metric("p99_ms_draining", "ms", target=100),
)
CHANNELS = 20
EVERY_S = 0.02
"""Between two readings, each of which is sent alone: 50 in a second."""

ARRIVE_S = 60.0
"""Longest wait for the baseline's other side to keep what the broker has taken."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    seconds: float = 20.0
    cached: int = 1_000_000
    """Readings that drain meanwhile, in the second part."""
    baseline_seconds: float = 10.0
    baseline_cached: int = 2_000


FULL = Sizes()
QUICK = Sizes(seconds=0.5, cached=5_000, baseline_seconds=0.5, baseline_cached=20)


class Watch:
    """Knows when each reading was taken, and from acknowledgements when the twin had it."""

    def __init__(self, rooms: Rooms) -> None:
        self.latencies_ms: list[float] = []
        self._epoch = rooms.outbox.ledger.epoch
        self._taken_s: list[float] = []
        self._on_ack = rooms.uplink.on_ack
        rooms.uplink.on_ack = self._seen  # type: ignore[method-assign] # nothing else sees an acknowledgement's time

    def taken(self, wall_ns: int) -> None:
        """A reading was taken; all have to be of the normal lane."""
        self._taken_s.append(wall_ns / NS_PER_S)

    def _seen(self, ack: Ack) -> None:
        for epoch, lane, first, last in ack.ranges:
            if (epoch, lane) == (self._epoch, Lane.NORMAL.label):
                # In a segment the readings of a series stand together, so only the range as a whole is known; here
                # each reading is a segment unless the window was full.
                self.latencies_ms += [(ack.sent - taken_s) * 1000 for taken_s in self._taken_s[first - 1 : last]]
        self._on_ack(ack)


async def measure(sizes: Sizes) -> Measured:
    """Measure both, idle and while a backlog drains."""
    source = Source(CHANNELS)
    async with stage() as at:
        await at.start_real_twin()
        idle = await _live(at, source, "idle", sizes.seconds)
        await fill(at.site("draining").store, sizes.cached)
        draining = await _live(at, source, "draining", 0.0)
        plain = await _row_live(at, source, sizes.baseline_seconds, 0)
        plain_draining = await _row_live(at, source, 0.0, sizes.baseline_cached)
    return Measured(
        {
            "p50_ms": percentile(idle, 0.5),
            "p99_ms": percentile(idle, 0.99),
            "p99_ms_draining": percentile(draining, 0.99),
        },
        {
            "p50_ms": percentile(plain, 0.5),
            "p99_ms": percentile(plain, 0.99),
            "p99_ms_draining": percentile(plain_draining, 0.99),
        },
        [
            f"{len(idle)} readings, one every {EVERY_S * 1000:g} ms; {len(draining)} while {sizes.cached:,} drained",
            f"the baseline drained {sizes.baseline_cached:,} only: its fresh readings wait behind all that are older",
        ],
    )


async def _live(at: Stage, source: Source, store: str, seconds: float) -> list[float]:
    """Milliseconds to the twin's commit: for some seconds, and for as long as anything older waits."""
    async with open_rooms(at.site(store)) as rooms, linked(rooms):
        watch, progress = Watch(rooms), Progress(rooms)
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        ends_s = due_s + seconds
        while due_s < ends_s or rooms.outbox.has_stored:
            due_s += EVERY_S
            await asyncio.sleep(due_s - loop.time())
            reading = source.now(rooms.clock.boottime_ns(), rooms.clock.wall_ns())
            watch.taken(reading.wall_ns)
            take_in(rooms.outbox, source, [reading], urgent=True)
        await progress.until_at_most(0)
    return watch.latencies_ms


async def _row_live(at: Stage, source: Source, seconds: float, cached: int) -> list[float]:
    """The same for the baseline."""
    directory = at.folders.state / f"rows-{cached}"
    directory.mkdir()
    backlog = [as_message(one, source.units[one.series]) for one in source.readings(cached, 0, 0)]
    twin = await at.start_row_twin(directory / "twin")
    address = (at.broker.host, at.broker.port)
    sent = await asyncio.to_thread(_row_feed, source, directory, address, seconds, backlog)

    async def look() -> bool | None:
        return arrived(directory / "twin") >= sent or None

    if not await until(look, ARRIVE_S):
        raise BenchError(f"the baseline's other side did not get {sent} messages within {ARRIVE_S:g} s")
    await twin.stop()
    taken = json.loads((directory / "twin" / FILE_NAME).read_text(encoding="utf-8"))
    # What was cached has no time that counts, and was there first.
    return [float(one) for one in taken[cached:]]


def _row_feed(source: Source, directory: Path, address: tuple[str, int], seconds: float, backlog: list[str]) -> int:
    sent = len(backlog)
    with row_gateway(directory, *address, backlog) as gateway:
        due_s = time.monotonic()
        ends_s = due_s + seconds
        while due_s < ends_s or gateway.cached:
            due_s += EVERY_S
            gateway.settle(until_s=due_s)
            reading = source.now(0, time.time_ns())
            gateway.take(as_message(reading, source.units[reading.series]))
            sent += 1
        gateway.settle()
    return sent
