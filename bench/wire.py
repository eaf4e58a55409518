"""Bytes of payload for each reading on the wire, in batches of 1, 100 and 1000: 20 channels that are read every second.

The packs are made as the uplink makes them, of what the outbox gives, for a twin that says that it can read them. The
baseline is one JSON object for each reading.
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
from gateway.cloud.encoding import PackEncoder
from gateway.core import compact
from gateway.core.dictionary import dictionary_of
from gateway.core.segment import Outgoing, Segment
from gateway.core.settings import Encoding, StoreSettings
from gateway.core.wire import PROTOCOL, Birth, BirthChannel, BirthDevice

METRICS = (
    Metric("senml_1", "B", target=25),
    Metric("senml_100", "B", target=8),
    Metric("senml_1000", "B", target=5),
    Metric("compact_100", "B", target=3),
)

BATCHES = (1, 100, 1000)
CHANNELS = 20
RUNS_S = 86_400
"""The daemon has run for a day: the times in its birth are no longer those of its readings."""


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
        figures = {
            (encoding, size): await _pack_bytes(made.state / f"{encoding}-{size}", encoding, size, sizes.packs)
            for encoding in (Encoding.JSON, Encoding.COMPACT)
            for size in BATCHES
        }
    single, thousand = figures[Encoding.COMPACT, 1], figures[Encoding.COMPACT, 1000]
    source = Source(CHANNELS)
    messages = [
        as_message(one, source.units[one.series]) for one in source.readings(1000, 0, SimulatedClock().wall_ns())
    ]
    plain = sum(len(message.encode()) for message in messages) / len(messages)
    return Measured(
        {
            **{f"senml_{size}": figures[Encoding.JSON, size] for size in BATCHES},
            "compact_100": figures[Encoding.COMPACT, 100],
        },
        dict.fromkeys((one.name for one in METRICS), plain),
        [
            f"{GATEWAY}, {CHANNELS} channels of {CHANNELS // 2} devices every second, {sizes.packs} packs of each size",
            "a single reading goes with the dictionary of the birth, which the twin has; the daemon has run for a day",
            f"compact: {single:.3g} B in batches of 1, {thousand:.3g} of 1000",
            "payload only; topic and MQTT header add 40 to 50 bytes to each message, here and for the baseline",
        ],
    )


async def _pack_bytes(directory: Path, encoding: Encoding, size: int, packs: int) -> float:
    """Bytes for each reading, in batches of `size`."""
    clock, source = SimulatedClock(), Source(CHANNELS)
    settings = StoreSettings(directory=str(directory), runtime_directory=str(directory))
    total = 0
    async with open_store(settings, clock) as (_, opened):
        encoder = encoder_for(encoding, birth(source, opened.outbox.ledger.epoch, clock.wall_ns() / NS_PER_S - RUNS_S))
        for _ in range(packs):
            take_in(opened.outbox, source, source.readings(size, clock.boottime_ns(), clock.wall_ns()))
            clock.advance(NS_PER_S * max(1, size // CHANNELS))
            segments = opened.outbox.take_live(size)
            total += len(encoder.encode(outgoing(segments)))
            opened.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in segments])
    return total / (size * packs)


def birth(source: Source, epoch: str, started_s: float) -> Birth:
    """What a gateway with the channels of `source` says of itself."""
    devices: dict[str, BirthDevice] = {}
    for series, unit in source.units.items():
        device, _, channel = series.partition("/")
        devices.setdefault(device, BirthDevice(driver="bench", channels={})).channels[channel] = BirthChannel(unit=unit)
    return Birth(gateway=GATEWAY, epoch=epoch, software="bench", protocol=PROTOCOL, started=started_s, devices=devices)


def encoder_for(encoding: Encoding, born: Birth) -> PackEncoder:
    """What encodes for a twin that has heard of the birth and reads everything."""
    encoder = PackEncoder(encoding)
    encoder.born(born)
    encoder.learn(["zlib", "cbor", compact.ACCEPTS, dictionary_of(born).word])
    return encoder


def outgoing(segments: Sequence[Segment]) -> list[Outgoing]:
    """What the uplink sends for `segments` when the clock is right."""
    return [Outgoing(one, one.base.wall_ns, one.base.clock, backfill=False) for one in segments]
