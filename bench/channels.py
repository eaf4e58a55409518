"""A thousand channels once a second: what the daemon takes for it, and how evenly it reads.

125 simulated converters of eight channels on 32 buses, every reading sent to a twin that acknowledges. The baseline
reads the same converters by the same drivers in a loop and does nothing with the values, so what is more here is the
gateway's own: stamping, judging, keeping, sending, accounting. The conversions themselves wait as the part does.

Jitter is by how much the time between two readings of a device differs from a second, by the times that they were
stamped with, to the millisecond that the wire has.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from bench import counters
from bench.bare_reads import EVERY_S, PINS, RATE, layout
from bench.children import BenchError, module, output_of
from bench.daemon import Place, command, unit_environment
from bench.mqtt import new_client
from bench.result import Measured, Metric, percentile
from bench.rig import Stage, stage
from demo.numbers import ask_daemon
from demo.waiting import until
from gateway.core.senml import read_pack
from gateway.core.settings import LinkSettings

METRICS = (
    Metric("cpu_percent", "%"),
    Metric("rss_mb", "MB"),
    Metric("uss_mb", "MB"),
    Metric("jitter_p50_ms", "ms"),
    Metric("jitter_p99_ms", "ms"),
)
GATEWAY = "bench-1"
UP_S = 30.0
"""Longest wait for the first readings to be acknowledged."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    devices: int = 125
    settle_s: float = 5.0
    run_s: float = 30.0


FULL = Sizes()
QUICK = Sizes(devices=5, settle_s=0.5, run_s=3.0)


class Taken(msgspec.Struct):
    """What reading took for a while: CPU time, memory in bytes, and when every device was read (s)."""

    cpu_s: float
    rss: int
    uss: int
    times: Sequence[Sequence[float]]


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    async with stage() as at:
        await at.start_ack_twin()
        daemon = await _daemon(at, sizes)
    arguments = [str(one) for one in (sizes.devices, sizes.settle_s, sizes.run_s)]
    said = await output_of(module(sys.executable, "bench.bare_reads", *arguments))
    bare = msgspec.json.decode(said, type=Taken)
    channels, readings = sizes.devices * len(PINS), sum(map(len, daemon.times)) * len(PINS)
    more_us = (daemon.cpu_s - bare.cpu_s) / max(1, readings) * 1e6
    return Measured(
        _figures(daemon, sizes.run_s),
        _figures(bare, sizes.run_s),
        [
            f"{channels} channels of {sizes.devices} devices once a second for {sizes.run_s:g} s, every reading sent",
            f"{readings:,} readings reached the twin; beyond the bare read each took {more_us:.0f} us of CPU time",
            "CPU in percent of one core, the simulated parts and their conversions included, here and for the baseline",
            "baseline: the same drivers and buses in a loop, a thread for each bus, the values thrown away",
        ],
    )


def _figures(taken: Taken, run_s: float) -> dict[str, float | None]:
    late_ms = [
        abs(later - sooner - EVERY_S) * 1000 for times in taken.times for sooner, later in pairwise(sorted(times))
    ]
    return {
        "cpu_percent": 100 * taken.cpu_s / run_s,
        "rss_mb": taken.rss / counters.MB,
        "uss_mb": taken.uss / counters.MB,
        "jitter_p50_ms": percentile(late_ms, 0.50),
        "jitter_p99_ms": percentile(late_ms, 0.99),
    }


async def _daemon(at: Stage, sizes: Sizes) -> Taken:
    runtime = at.folders.runtime / "channels"
    place = Place(at.broker.port, None, at.folders.state / "store", runtime)
    file = at.folders.state / "site.yaml"
    file.write_text(json.dumps(site(place, sizes.devices)), encoding="utf-8")
    listener = Listener(at)
    try:
        child = at.processes.start("daemon", command(sys.executable, file), unit_environment())

        async def look() -> bool | None:
            now = await ask_daemon(runtime)
            enough = now is not None and now.readings.acknowledged > sizes.devices * len(PINS)
            return False if child.status is not None else (enough or None)

        if not await until(look, UP_S):
            raise BenchError(f"the daemon does not get its readings to the twin: {' | '.join(child.last_lines())}")
        await asyncio.sleep(sizes.settle_s)
        listener.packs.clear()
        cpu_s = counters.cpu_s(child.pid)
        await asyncio.sleep(sizes.run_s)
        cpu_s, memory = counters.cpu_s(child.pid) - cpu_s, counters.memory(child.pid)
        times = times_of(list(listener.packs))
        await child.stop()
    finally:
        listener.close()
    return Taken(cpu_s, memory.rss, memory.uss, list(times.values()))


class Listener:
    """Keeps every pack of telemetry that comes by, as it came; it is unpacked when nothing is measured any more."""

    def __init__(self, at: Stage) -> None:
        self.packs: list[bytes] = []
        self._client = new_client()
        self._client.on_message = lambda _client, _data, message: self.packs.append(bytes(message.payload))
        self._client.on_connect = lambda client, *_: client.subscribe(f"{LinkSettings().prefix}/things/+/telemetry", 1)
        self._client.connect(at.broker.host, at.broker.port)
        self._client.loop_start()

    def close(self) -> None:
        """Hear no more."""
        self._client.disconnect()
        self._client.loop_stop()


def times_of(packs: Sequence[bytes]) -> Mapping[str, list[float]]:
    """When every device was read, by the packs that its readings came in."""
    found: dict[str, set[float]] = {}
    for pack in packs:
        for segment in read_pack(pack, GATEWAY).segments:
            for record in segment.records:
                found.setdefault(record.series.partition("/")[0], set()).add(record.time_s)
    return {device: sorted(times) for device, times in found.items()}


def site(place: Place, devices: int) -> dict[str, Any]:
    """The site as its configuration says it."""
    inputs = {pin.lower().replace("-", "_"): {"pin": pin} for pin in PINS}
    parts: dict[str, Any] = {}
    buses: dict[str, Any] = {}
    for bus, name, address in layout(devices):
        buses[bus] = {"kind": "i2c", "simulated": True}
        parts[name] = {"driver": "ads1115", "bus": bus, "address": address, "rate": RATE, "inputs": inputs,
                       "every": f"{EVERY_S:g}s"}  # fmt: skip
    return {
        "gateway": GATEWAY,
        "link": {"host": "127.0.0.1", "port": place.port},
        "store": {"directory": str(place.store), "runtime_directory": str(place.runtime)},
        "log": {"level": "warning"},
        "buses": buses,
        "devices": parts,
    }
