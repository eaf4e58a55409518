"""ROHM BH1750: illuminance over I2C, switched off between readings.

Each reading begins with a quick look, from which the most sensitive way to measure that is not blinded is chosen.

Source: ROHM, BH1750FVI datasheet, pages 5 (instruction set) and 10 to 12 (measurement, measurement time register).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings
from drivers.bus.i2c import I2CBus

POWER_ON = 0x01
TIME_HIGH, TIME_LOW = 0x40, 0x60
NORMAL_TIME = 69
COUNTS_PER_LX = 1.2
FULL = 0xFFFF
HEADROOM = 1.5
"""How much brighter than the quick look it may be when the measurement is made."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to measure once."""

    command: int
    time: int
    """Of the measurement time register."""
    fineness: int
    """Counts are this many to what they are in the normal way."""
    normal_s: float
    """The longest that it takes with the normal time."""

    @property
    def lx(self) -> float:
        """What one count is worth."""
        return NORMAL_TIME / self.time / self.fineness / COUNTS_PER_LX

    @property
    def seconds(self) -> float:
        """The longest that it takes."""
        return self.normal_s * self.time / NORMAL_TIME


LOOK = Way(0x23, 31, 1, 0.024)
FINE, MIDDLE, WIDE = Way(0x21, 254, 2, 0.18), Way(0x20, 138, 1, 0.18), Way(0x20, 31, 1, 0.18)


class Precision(enum.StrEnum):
    """How finely it is measured in little light."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bh1750Settings:
    """One BH1750."""

    address: Annotated[int, Limits(0x23, 0x5C)] = 0x23
    """Its I2C address, by what ADDR is wired to: 0x23 ground, 0x5C supply."""
    precision: Precision = Precision.HIGH
    """`high` takes up to 0.68 s in little light and has steps of 0.11 lx, `low` up to 0.1 s and 1.9 lx."""

    def __post_init__(self) -> None:
        if self.address not in {0x23, 0x5C}:
            raise ValueError(f"address 0x{self.address:02X}; 0x23 and 0x5C are allowed")


def way_for(looked_lx: float, precision: Precision) -> Way:
    """The most sensitive way that is not blinded by `looked_lx`."""
    ways = (FINE, MIDDLE, WIDE) if precision is Precision.HIGH else (WIDE,)
    return next((way for way in ways if looked_lx * HEADROOM < FULL * way.lx), WIDE)


def encode_time(time: int) -> tuple[int, int]:
    """The two commands that set the measurement time register: its upper three bits, and its lower five."""
    return TIME_HIGH | time >> 5, TIME_LOW | time & 0x1F


def decode(data: bytes, way: Way) -> float:
    """The illuminance in lx of the two bytes that this way gave."""
    return int.from_bytes(data) * way.lx


class Bh1750(Driver):
    """One BH1750 on an I2C bus."""

    name: ClassVar[str] = "bh1750"
    title: ClassVar[str] = "ROHM BH1750"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Bh1750Settings

    def __init__(self, bus: I2CBus, settings: Bh1750Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._precision = settings.precision

    @classmethod
    def channels(cls, settings: Bh1750Settings) -> tuple[Channel, ...]:
        """The illuminance; its range ends before the count that stands for all beyond it."""
        finest = way_for(0.0, settings.precision)
        most = round((FULL - 1) * WIDE.lx, 2)
        return (Channel(name="illuminance", unit="lx", low=0.0, high=most, resolution=finest.lx, about="light"),)

    def open(self) -> None:
        """Switch the part on: it has no identity, and only its answer tells that it is there.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._bus.write(self._address, bytes([POWER_ON]))

    def read(self) -> Readings:
        """Look quickly, then measure once.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        way = way_for(self._measure(LOOK), self._precision)
        return {"illuminance": round(self._measure(way), 2)}

    def _measure(self, way: Way) -> float:
        for command in (POWER_ON, *encode_time(way.time), way.command):
            self._bus.write(self._address, bytes([command]))
        self._bus.clock.sleep(way.seconds)
        return decode(self._bus.read(self._address, 2), way)
