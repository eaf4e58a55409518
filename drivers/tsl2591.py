"""ams TSL2591: illuminance over I2C, switched off between readings.

The part sees visible light with infrared and infrared alone; the illuminance is what is left of the first without the
second: lx = (c0 - c1) * (1 - c1 / c0) / counts per lx, which is never negative. Each reading begins with little gain,
from which the gain that uses the range well is chosen.

Source: ams, TSL2591 datasheet, chapters Register Description and Principles of Operation; ams, application note DN40
(calculation of lux), with the device factor 408.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

COMMAND = 0xA0
"""Goes with every register's number."""
ENABLE, CONTROL, ID, STATUS, DATA = 0x00, 0x01, 0x12, 0x13, 0x14
ON, OFF = 0x03, 0x00
VALID = 0x01
ID_VALUE = 0x50
DATA_BYTES = 4

TIME_S = 0.100
SLOW = 1.08
"""How much longer the part's own timer may take."""
FULL = 36_863
"""The largest count in 100 ms."""
GAINS = (1.0, 25.0, 428.0, 9876.0)
"""By their code, 0 to 3; typical values."""
LOOK = 1
HEADROOM = 2.0
"""How much brighter than at the look it may be when the measurement is made."""
DEVICE_FACTOR = 408.0
BUSY_TRIES = 5
BUSY_WAIT_S = 0.010


@dataclass(frozen=True, kw_only=True, slots=True)
class Tsl2591Settings:
    """One TSL2591."""

    address: Annotated[int, Limits(0x29, 0x29)] = 0x29
    """Its I2C address, which is fixed."""


def counts_per_lx(gain: float) -> float:
    """How many counts one lx gives with a gain in 100 ms."""
    return TIME_S * 1000 * gain / DEVICE_FACTOR


def illuminance(both: int, infrared: int, gain: float) -> float:
    """In lx, of the counts with and of infrared light alone."""
    if both == 0 or infrared >= both:
        return 0.0
    return (both - infrared) * (1 - infrared / both) / counts_per_lx(gain)


def gain_for(both: int, looked: int) -> int:
    """The code of the largest gain that is not blinded by what gave `both` counts with the gain of code `looked`."""
    per_gain = both / GAINS[looked]
    return max((code for code, gain in enumerate(GAINS) if per_gain * gain * HEADROOM < FULL), default=0)


class Tsl2591(Driver):
    """One TSL2591 on an I2C bus."""

    name: ClassVar[str] = "tsl2591"
    title: ClassVar[str] = "ams TSL2591"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Tsl2591Settings

    def __init__(self, bus: I2CBus, settings: Tsl2591Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Tsl2591Settings) -> tuple[Channel, ...]:
        """The illuminance."""
        del settings
        most = round(FULL / counts_per_lx(GAINS[0]), 1)
        return (Channel(name="illuminance", unit="lx", low=0.0, high=most, resolution=0.001, about="light"),)

    def open(self) -> None:
        """Compare the identity.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._read(ID, 1)[0]
        if found != ID_VALUE:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")

    def read(self) -> Readings:
        """Look, choose the gain, and measure.

        Raises:
            NoAnswerError: nobody answers, a measurement never ends, or the light blinds the part with the least gain.
            BusError: the bus does not work.
        """
        looked, _ = self._measure(LOOK)
        code = gain_for(looked, LOOK)
        both, infrared = self._measure(code)
        if max(both, infrared) >= FULL:
            # A lamp was lit in between, or it is brighter than any gain allows.
            code = 0
            both, infrared = self._measure(code)
        self._write(ENABLE, OFF)
        if max(both, infrared) >= FULL:
            raise NoAnswerError(f"{self._place()}: blinded by the light; no value")
        return {"illuminance": round(illuminance(both, infrared, GAINS[code]), 3)}

    def _measure(self, code: int) -> tuple[int, int]:
        """The counts of both channels with a gain."""
        # Switching it off and on lets no count of another gain be taken for one of this.
        self._write(ENABLE, OFF)
        self._write(CONTROL, code << 4)
        self._write(ENABLE, ON)
        self._bus.clock.sleep(TIME_S * SLOW)
        for _ in range(BUSY_TRIES):
            if self._read(STATUS, 1)[0] & VALID:
                data = self._read(DATA, DATA_BYTES)
                return int.from_bytes(data[:2], "little"), int.from_bytes(data[2:], "little")
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self._place()}: a measurement does not end")

    def _read(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._address, COMMAND | register, count)

    def _write(self, register: int, value: int) -> None:
        self._bus.write_register(self._address, COMMAND | register, bytes([value]))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
