"""ams TSL2561: illuminance over I2C, switched off between readings.

Each reading begins with a short look, from which the most sensitive way to measure that is not blinded is chosen.

Source: ams, TSL2561 datasheet TAOS059, register set and section Calculating Lux (the formulas of both packages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

COMMAND = 0x80
"""Goes with every register's number."""
CONTROL, TIMING, ID, DATA = 0x00, 0x01, 0x0A, 0x0C
ON, OFF = 0x03, 0x00
DATA_BYTES = 4
SLOW = 1.1
"""How much longer the part's own timer may take."""
HEADROOM = 2.0
"""How much brighter than at the look it may be when the measurement is made."""
NORMAL_TIME_S, NORMAL_GAIN = 0.402, 16


@dataclass(frozen=True, slots=True)
class Way:
    """One way to measure."""

    code: int
    """Of the timing register."""
    time_s: float
    gain: int
    full: int
    """The largest count, at which it is blinded."""

    @property
    def share(self) -> float:
        """What it counts of what the most sensitive way counts."""
        return self.time_s / NORMAL_TIME_S * self.gain / NORMAL_GAIN


LOOK = Way(0x00, 0.0137, 1, 4900)
WAYS = (Way(0x12, 0.402, 16, 65_000), Way(0x11, 0.101, 16, 37_000), Way(0x02, 0.402, 1, 65_000),
        Way(0x01, 0.101, 1, 37_000), LOOK)  # fmt: skip
"""The most sensitive first."""

Segment = tuple[float, float, float]
"""Up to this ratio of infrared to all light: lx = count * second - infrared * third."""
SEGMENTS: dict[int, tuple[Segment, ...]] = {
    0x5: ((0.50, 0.0304, 0.062), (0.61, 0.0224, 0.031), (0.80, 0.0128, 0.0153), (1.30, 0.00146, 0.00112)),
    0x1: ((0.52, 0.0315, 0.0593), (0.65, 0.0229, 0.0291), (0.80, 0.0157, 0.0180), (1.30, 0.00338, 0.00260)),
}
"""By the part's number in its identity: 5 for the T, FN and CL packages, 1 for the CS package."""
EXPONENT = 1.4
"""Of the ratio, within the first segment, which is curved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tsl2561Settings:
    """One TSL2561."""

    address: Annotated[int, Limits(0x29, 0x49)] = 0x39
    """Its I2C address, by ADDR: 0x29 ground, 0x39 open, 0x49 supply."""

    def __post_init__(self) -> None:
        if self.address not in {0x29, 0x39, 0x49}:
            raise ValueError(f"address 0x{self.address:02X}; 0x29, 0x39 and 0x49 are allowed")


def illuminance(both: int, infrared: int, way: Way, part: int = 0x5) -> float:
    """In lx, of the counts with and of infrared light alone."""
    if both == 0:
        return 0.0
    ratio = infrared / both
    first = SEGMENTS[part][0]
    for segment in SEGMENTS[part]:
        top, of_both, of_infrared = segment
        if ratio <= top:
            less = both * ratio**EXPONENT if segment is first else infrared
            return max(0.0, of_both * both - of_infrared * less) / way.share
    return 0.0


def way_for(both: int) -> Way:
    """The most sensitive way that is not blinded by what gave `both` counts at the look."""
    every = both / LOOK.share
    return next((way for way in WAYS if every * way.share * HEADROOM < way.full), LOOK)


class Tsl2561(Driver):
    """One TSL2561 on an I2C bus."""

    name: ClassVar[str] = "tsl2561"
    title: ClassVar[str] = "ams TSL2561"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Tsl2561Settings

    def __init__(self, bus: I2CBus, settings: Tsl2561Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._part = 0x5

    @classmethod
    def channels(cls, settings: Tsl2561Settings) -> tuple[Channel, ...]:
        """The illuminance."""
        del settings
        return (Channel(name="illuminance", unit="lx", low=0.0, high=88_000.0, resolution=0.1, about="light"),)

    def open(self) -> None:
        """See which part it is, and in which package: they have formulas of their own.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._get(ID, 1)[0]
        if found >> 4 not in SEGMENTS:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")
        self._part = found >> 4

    def read(self) -> Readings:
        """Look, choose the way, and measure.

        Raises:
            NoAnswerError: nobody answers, the part was off, or the light blinds it in every way.
            BusError: the bus does not work.
        """
        looked = self._measure(LOOK)
        way = way_for(max(looked))
        both, infrared = looked if way is LOOK else self._measure(way)
        if max(both, infrared) >= way.full:
            # A lamp was lit after the look.
            way = LOOK
            both, infrared = self._measure(LOOK)
        self._put(CONTROL, OFF)
        if max(both, infrared) >= way.full:
            raise NoAnswerError(f"{self._place()}: blinded by the light; no value")
        return {"illuminance": round(illuminance(both, infrared, way, self._part), 2)}

    def _measure(self, way: Way) -> tuple[int, int]:
        """The counts of both channels."""
        # Switched off and on it counts anew, and no count of another way is taken for one of this.
        for register, value in ((CONTROL, OFF), (TIMING, way.code), (CONTROL, ON)):
            self._put(register, value)
        self._bus.clock.sleep(way.time_s * SLOW)
        data = self._get(DATA, DATA_BYTES)
        if self._get(CONTROL, 1)[0] & ON != ON:
            raise NoAnswerError(f"{self._place()}: switched itself off; it may have lost its supply")
        return int.from_bytes(data[:2], "little"), int.from_bytes(data[2:], "little")

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._address, COMMAND | register, count)

    def _put(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, COMMAND | register, bytes([value]))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
