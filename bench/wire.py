"""Bytes of payload for each reading on the wire, in batches of 1, 100 and 1000: 20 channels that are read every second.

The packs are made as the uplink makes them, of what the outbox gives. The baseline is one JSON object for each reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.readings import GATEWAY, Source, as_message
from bench.result import Measured, Metric
from bench.rig import open_store, take_in
from bench.simulated import SimulatedClock
from demo.folders import folders
from gateway.clock import NS_PER_S
from gateway.core.segment import Outgoing, Segment, encode_pack
from gateway.core.settings import StoreSettings

METRICS = (
    Metric("senml_1", "B", target=25),
    Metric("senml_100", "B", target=8),
    Metric("senml_1000", "B", target=5),
    Metric("compact_100", "B", target=3),
)
BATCHES = (1, 100, 1000)
CHANNELS = 20


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    packs: int = 20
    """Of each size; the figure is their mean."""


FULL = Sizes()
QUICK = Sizes(packs=1)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    with folders(None) as made:
        figures = {size: await _pack_bytes(made.state / f"{size}", size, sizes.packs) for size in BATCHES}
    source = Source(CHANNELS)
    messages = [
        as_message(one, source.units[one.series]) for one in source.readings(1000, 0, SimulatedClock().wall_ns())
    ]
    plain = sum(len(message.encode()) for message in messages) / len(messages)
    return Measured(
        {f"senml_{size}": figure for size, figure in figures.items()},
        dict.fromkeys((one.name for one in METRICS), plain),
        [
            f"{GATEWAY}, {CHANNELS} channels of {CHANNELS // 2} devices every second, {sizes.packs} packs of each size",
            "compact_100 is not measured: there is no compact form yet",
            "payload only; topic and MQTT header add 40 to 50 bytes to each message, here and for the baseline",
        ],
    )


async def _pack_bytes(directory: Path, size: int, packs: int) -> float:
    """Bytes for each reading, in batches of `size`."""
    clock, source = SimulatedClock(), Source(CHANNELS)
    settings = StoreSettings(directory=str(directory), runtime_directory=str(directory))
    total = 0
    async with open_store(settings, clock) as (_, opened):
        for _ in range(packs):
            take_in(opened.outbox, source, source.readings(size, clock.boottime_ns(), clock.wall_ns()))
            clock.advance(NS_PER_S * max(1, size // CHANNELS))
            segments = opened.outbox.take_live(size)
            total += len(pack(segments))
            opened.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in segments])
    return total / (size * packs)


def pack(segments: Sequence[Segment]) -> bytes:
    """What the uplink sends for `segments` when the clock is right."""
    return encode_pack([Outgoing(one, one.base.wall_ns, one.base.clock, backfill=False) for one in segments])
