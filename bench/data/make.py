"""How the recordings are made: a day of a greenhouse, of a tank with a pump, of a door and of a pressure pipe."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from bench.data import EVERY_S

SEED = 20_261_125
READINGS = 86_400 // EVERY_S
SUNRISE, SUNSET = 6.5, 19.5


def noise(chance: random.Random, size: float) -> float:
    """Noise of a bell's shape: the sum of uniform ones, which is the same on every machine."""
    return size * (sum(chance.random() for _ in range(12)) - 6)


def greenhouse_temperature(chance: random.Random) -> Iterator[str]:
    """Warm in the sun, clouds that pass, a heater that keeps the frost out, and a sensor of 0.01 Cel."""
    air, cloud, heating = 6.0, 0.0, False
    for number in range(READINGS):
        hour = number * EVERY_S / 3600
        sun = max(0.0, math.sin(math.pi * (hour - SUNRISE) / (SUNSET - SUNRISE))) if SUNRISE < hour < SUNSET else 0.0
        cloud = min(1.0, max(0.0, cloud + noise(chance, 0.04)))
        heating = air < 4.8 or (heating and air < 5.4)
        target = 1.0 + 24 * sun * (1 - 0.6 * cloud) + (12 if heating else 0)
        air += (target - air) * EVERY_S / 1800
        yield f"{air + noise(chance, 0.02):.2f}"


def tank_level(chance: random.Random) -> Iterator[str]:
    """Drawn from all day, filled by a pump from 30 to 80 %, with waves while it runs."""
    level, pumping = 62.0, False
    for number in range(READINGS):
        hour = number * EVERY_S / 3600
        drawn = 0.03 + 0.09 * math.exp(-((hour - 8) ** 2)) + 0.12 * math.exp(-((hour - 18) ** 2))
        pumping = level < 30 or (pumping and level < 80)
        level += (0.9 if pumping else 0.0) - drawn * (1 + noise(chance, 0.1))
        yield f"{level + noise(chance, 0.3 if pumping else 0.03):.1f}"


def door(chance: random.Random) -> Iterator[str]:
    """Open now and then while people work, for half a minute to some minutes; 1 is open."""
    left = 0
    for number in range(READINGS):
        hour = number * EVERY_S / 3600
        if left:
            left -= 1
        elif 7 < hour < 18 and chance.random() < 0.02:
            left = chance.randrange(1, 12)
        yield "1" if left else "0"


def noisy_pressure(chance: random.Random) -> Iterator[str]:
    """A pipe at a set pressure, stepped a few times a day, with much noise and a hammer now and then."""
    wanted, actual = 400.0, 400.0
    for _ in range(READINGS):
        if chance.random() < 0.003:
            wanted = 300.0 + 25 * chance.randrange(9)
        actual += (wanted - actual) * 0.1
        hammer = 40.0 if chance.random() < 0.002 else 0.0
        yield f"{actual + hammer + noise(chance, 1.5):.1f}"


MAKERS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    one.__name__: one for one in (greenhouse_temperature, tank_level, door, noisy_pressure)
}


def text(name: str) -> str:
    """The file of a recording."""
    chance = random.Random(f"{SEED}-{name}")  # noqa: S311 - a simulation
    return "\n".join([name, *MAKERS[name](chance)]) + "\n"
