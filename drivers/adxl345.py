"""Analog Devices ADXL345: acceleration along three axes over I2C.

Source: Analog Devices, ADXL345 data sheet, "Register Definitions", and table 1 (sensitivity of full resolution).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

ID, ID_VALUE = 0x00, 0xE5
POWER, FORMAT, SOURCE, DATA = 0x2D, 0x31, 0x30, 0x32
MEASURE, READY = 0x08, 0x80
FULL_RESOLUTION_16_G = 0x0B
DATA_BYTES = 6
COUNTS_PER_G = 256
GRAVITY = 9.80665
"""m/s2, by definition (BIPM, SI Brochure)."""
FIRST_S = 0.012
"""From standby to the first data, at the 100 Hz of a part after its reset."""
BUSY_TRIES = 5
BUSY_WAIT_S = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Adxl345Settings:
    """One ADXL345."""

    address: Annotated[int, Limits(0x1D, 0x53)] = 0x53
    """Its I2C address, by what SDO is wired to: 0x53 ground, 0x1D supply."""

    def __post_init__(self) -> None:
        if self.address not in {0x1D, 0x53}:
            raise ValueError(f"address 0x{self.address:02X}; 0x1D and 0x53 are allowed")


def decode_axes(data: bytes) -> dict[str, float]:
    """The three accelerations in m/s2 of six bytes, low bytes first."""
    return {
        axis: round(count / COUNTS_PER_G * GRAVITY, 3)
        for axis, count in zip("xyz", struct.unpack("<3h", data), strict=True)
    }


class Adxl345(Driver):
    """One ADXL345 on an I2C bus, in its full resolution of 16 g."""

    name: ClassVar[str] = "adxl345"
    title: ClassVar[str] = "Analog Devices ADXL345"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Adxl345Settings

    def __init__(self, bus: I2CBus, settings: Adxl345Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Adxl345Settings) -> tuple[Channel, ...]:
        """The three axes."""
        del settings
        most = 16 * GRAVITY
        step = GRAVITY / COUNTS_PER_G
        return tuple(
            Channel(name=axis, unit="m/s2", low=-most, high=most, resolution=step, about=f"acceleration along {axis}")
            for axis in "xyz"
        )

    def open(self) -> None:
        """Compare the identity, and let the part measure.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._bus.read_register(self._address, ID, 1)[0]
        if found != ID_VALUE:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")
        self._bus.write_register(self._address, FORMAT, bytes([FULL_RESOLUTION_16_G]))
        self._bus.write_register(self._address, POWER, bytes([MEASURE]))
        self._bus.clock.sleep(FIRST_S)

    def read(self) -> Readings:
        """Fetch all three axes in one go.

        Raises:
            NoAnswerError: nobody answers, the part has nothing new, or it lost its power and sleeps.
            BusError: the bus does not work.
        """
        power, _, _, source, form = self._bus.read_register(self._address, POWER, 5)
        if not power & MEASURE or form != FULL_RESOLUTION_16_G:
            raise NoAnswerError(f"{self._place()}: it does not measure as it was set up to; it lost its power")
        for _ in range(BUSY_TRIES):
            if source & READY:
                return decode_axes(self._bus.read_register(self._address, DATA, DATA_BYTES))
            self._bus.clock.sleep(BUSY_WAIT_S)
            source = self._bus.read_register(self._address, SOURCE, 1)[0]
        raise NoAnswerError(f"{self._place()}: nothing new")

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
