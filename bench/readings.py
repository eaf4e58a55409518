"""Readings as a site makes them: a few devices with some channels each, values that wander, the same in every run."""

from __future__ import annotations

import json
import random
from typing import NamedTuple

from gateway.clock import NS_PER_S
from gateway.core.reading import Reading

GATEWAY = "bench-1"
CHANNELS_OF_A_DEVICE = 2
TICKS = 1000
"""Before the values repeat."""
READ_NS = 3_000_000
"""Between two devices of one bus: what a reading over I2C takes."""
JITTER_NS = 800_000


class Kind(NamedTuple):
    """What a channel measures; values are rounded as drivers round them."""

    name: str
    unit: str
    begin: float
    wander: float
    """Standard deviation of one step."""
    decimals: int


KINDS = (
    Kind("temperature", "Cel", 21.0, 0.03, 2),
    Kind("humidity", "%RH", 55.0, 0.1, 2),
    Kind("voltage", "V", 1.65, 0.001, 4),
    Kind("moisture", "/", 0.45, 0.002, 4),
)


class Step(NamedTuple):
    """What one channel does at one tick."""

    series: str
    value: float
    late_ns: int
    """After the tick: the devices of a bus are read one after the other."""


class Source:
    """Where readings come from: `channels` of them, two on each device, which share its stamp."""

    def __init__(self, channels: int, seed: int = 7) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same in every run
        names = [f"room-{place // CHANNELS_OF_A_DEVICE + 1}/{_kind(place).name}" for place in range(channels)]
        self.units = {name: _kind(place).unit for place, name in enumerate(names)}
        self._channels = channels
        self._steps = _steps(names, chance)
        self._at = 0

    def readings(self, count: int, boottime_ns: int, wall_ns: int, tick_ns: int = NS_PER_S) -> list[Reading]:
        """The next `count` readings, every channel once in each tick; the first tick is at these times."""
        begins, self._at = self._at, self._at + count
        first, channels = begins // self._channels, self._channels
        boottime_ns, wall_ns = boottime_ns - first * tick_ns, wall_ns - first * tick_ns
        steps, size = self._steps, len(self._steps)
        found = []
        for number in range(begins, begins + count):
            series, value, late_ns = steps[number % size]
            after_ns = number // channels * tick_ns + late_ns
            found.append(Reading(series, value, boottime_ns + after_ns, wall_ns + after_ns))
        return found

    def now(self, boottime_ns: int, wall_ns: int) -> Reading:
        """The next reading, at exactly these times."""
        series, value, _ = self._steps[self._at % len(self._steps)]
        self._at += 1
        return Reading(series, value, boottime_ns, wall_ns)


def _kind(place: int) -> Kind:
    return KINDS[place % len(KINDS)]


def _steps(names: list[str], chance: random.Random) -> list[Step]:
    """Every channel's steps, tick by tick; both channels of a device are late by the same time."""
    values = [_kind(place).begin for place in range(len(names))]
    steps = []
    for _ in range(TICKS):
        late_ns = 0
        for place, name in enumerate(names):
            kind = _kind(place)
            values[place] += chance.gauss(0, kind.wander)
            if place % CHANNELS_OF_A_DEVICE == 0:
                late_ns = place // CHANNELS_OF_A_DEVICE * READ_NS + chance.randrange(JITTER_NS)
            steps.append(Step(name, round(values[place], kind.decimals), late_ns))
    return steps


def as_message(reading: Reading, unit: str) -> str:
    """A reading as the baseline sends it: one JSON object."""
    device, _, channel = reading.series.partition("/")
    time_s = round(reading.wall_ns / NS_PER_S, 3)
    return json.dumps({"device": device, "channel": channel, "value": reading.value, "unit": unit, "time": time_s})
