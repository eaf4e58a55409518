"""Bosch BMP180 and BMP085: temperature and pressure over I2C.

Source: Bosch Sensortec, BMP180 datasheet BST-BMP180-DS000, sections 3.3 to 3.5 (measurement, calibration, calculation)
and chapter 4 (memory map).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

ID, ID_VALUE = 0xD0, 0x55
CALIBRATION, CALIBRATION_BYTES = 0xAA, 22
CONTROL, DATA = 0xF4, 0xF6
RUNNING = 0x20
"""Of the control register, while a conversion goes on."""
MEASURE_TEMPERATURE, MEASURE_PRESSURE = 0x2E, 0x34
TEMPERATURE_S = 0.0045
OVERSAMPLING = (1, 2, 4, 8)
PRESSURE_S = (0.0045, 0.0075, 0.0135, 0.0255)
"""By the code of the oversampling, 0 to 3."""
BLANK = {0x0000, 0xFFFF}
BUSY_TRIES = 5
BUSY_WAIT_S = 0.002


@dataclass(frozen=True, kw_only=True, slots=True)
class Bmp180Settings:
    """One BMP180."""

    address: Annotated[int, Limits(0x77, 0x77)] = 0x77
    """Its I2C address, which is fixed."""
    oversampling: Literal[1, 2, 4, 8] = 4
    """How many samples make one pressure: 1 takes 9 ms with the temperature, 8 takes 30 ms and has half the noise."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants of one part, by their names in the datasheet."""

    ac1: int
    ac2: int
    ac3: int
    ac4: int
    ac5: int
    ac6: int
    b1: int
    b2: int
    mb: int
    mc: int
    md: int


def decode_calibration(data: bytes) -> Calibration:
    """The constants in the 22 bytes from 0xAA.

    Raises:
        NoAnswerError: one of them is blank, which none ever is in a part that works.
    """
    if any(int.from_bytes(data[start : start + 2]) in BLANK for start in range(0, CALIBRATION_BYTES, 2)):
        raise NoAnswerError(f"no calibration ({data.hex()})")
    return Calibration(*struct.unpack(">3h3H5h", data))


def quotient(dividend: int, divisor: int) -> int:
    """Division of whole numbers as the datasheet means it: towards zero.

    Raises:
        NoAnswerError: the divisor is zero, so that constants or measurement cannot be right.
    """
    if divisor == 0:
        raise NoAnswerError("constants and measurement do not go together")
    found = abs(dividend) // abs(divisor)
    return found if (dividend < 0) == (divisor < 0) else -found


def fine_temperature(raw: int, constants: Calibration) -> int:
    """The temperature in units of 1/160 Cel, called B5 in the datasheet.

    Raises:
        NoAnswerError: constants and measurement do not go together.
    """
    first = (raw - constants.ac6) * constants.ac5 >> 15
    return first + quotient(constants.mc << 11, first + constants.md)


def temperature(fine: int) -> float:
    """In Cel."""
    return (fine + 8 >> 4) / 10


def pressure(raw: int, fine: int, oversampling_code: int, constants: Calibration) -> int:
    """In Pa; `raw` has 16 bits and one more for each step of oversampling.

    Raises:
        NoAnswerError: constants and measurement do not go together.
    """
    above = fine - 4000
    square = above * above >> 12
    offset = (constants.b2 * square >> 11) + (constants.ac2 * above >> 11)
    b3 = ((constants.ac1 * 4 + offset << oversampling_code) + 2) // 4
    bend = (constants.ac3 * above >> 13) + (constants.b1 * square >> 16) + 2 >> 2
    b4 = constants.ac4 * (bend + 32768) >> 15
    pascal = quotient((raw - b3) * (50000 >> oversampling_code) * 2, b4)
    first = (pascal >> 8) ** 2 * 3038 >> 16
    return pascal + (first + (-7357 * pascal >> 16) + 3791 >> 4)


class Bmp180(Driver):
    """One BMP180 on an I2C bus."""

    name: ClassVar[str] = "bmp180"
    title: ClassVar[str] = "Bosch BMP180, BMP085"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Bmp180Settings

    def __init__(self, bus: I2CBus, settings: Bmp180Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._code = OVERSAMPLING.index(settings.oversampling)
        self._constants = Calibration(*[0] * 11)

    @classmethod
    def channels(cls, settings: Bmp180Settings) -> tuple[Channel, ...]:
        """Temperature and pressure."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.1, about="air temperature"),
            Channel(name="pressure", unit="Pa", low=30_000.0, high=110_000.0, resolution=1.0, about="air pressure"),
        )

    def open(self) -> None:
        """Compare the identity, and fetch the calibration.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers, or the part has no calibration.
            BusError: the bus does not work.
        """
        found = self._bus.read_register(self._address, ID, 1)[0]
        if found != ID_VALUE:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:02X})")
        data = self._bus.read_register(self._address, CALIBRATION, CALIBRATION_BYTES)
        try:
            self._constants = decode_calibration(data)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error}") from error

    def read(self) -> Readings:
        """Measure the temperature, then the pressure, which needs it.

        Raises:
            NoAnswerError: nobody answers, a conversion never ends, or what it gives cannot be.
            BusError: the bus does not work.
        """
        raw_t = int.from_bytes(self._convert(MEASURE_TEMPERATURE, TEMPERATURE_S, 2))
        command = MEASURE_PRESSURE | self._code << 6
        raw_p = int.from_bytes(self._convert(command, PRESSURE_S[self._code], 3)) >> 8 - self._code
        try:
            fine = fine_temperature(raw_t, self._constants)
            pascal = pressure(raw_p, fine, self._code, self._constants)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error}") from error
        return {"temperature": temperature(fine), "pressure": float(pascal)}

    def _convert(self, command: int, seconds: float, count: int) -> bytes:
        self._bus.write_register(self._address, CONTROL, bytes([command]))
        self._bus.clock.sleep(seconds)
        for _ in range(BUSY_TRIES):
            if not self._bus.read_register(self._address, CONTROL, 1)[0] & RUNNING:
                return self._bus.read_register(self._address, DATA, count)
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self._place()}: a conversion does not end")

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
