"""Bosch BMP388 and BMP390: pressure and temperature over I2C. The part sleeps between readings.

Source: Bosch Sensortec, BMP388 datasheet BST-BMP388-DS001, sections 3.9.2 (measurement time), 3.11 and 9 (calibration,
formulas in floating point), 4.3 (registers); BMP390 datasheet BST-BMP390-DS002, the same sections.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

ID, STATUS, DATA, CONTROL, OVERSAMPLING, FILTER, CALIBRATION = 0x00, 0x03, 0x04, 0x1B, 0x1C, 0x1F, 0x31
DATA_BYTES, CALIBRATION_BYTES = 6, 21
DONE = 0x60
"""Bits of the status: pressure and temperature are there."""
FORCED_BOTH = 0x13
SKIPPED = 0x800000
"""What the data registers hold where nothing was measured."""
PARTS = {0x50: "BMP388", 0x60: "BMP390", 0x58: "BMP280"}
"""Identity -> what sits there."""
CALIBRATION_FORMAT = "<HHbhhbbHHbbhbb"
SCALES = (2.0**8, 2.0**-30, 2.0**-48, 2.0**-20, 2.0**-29, 2.0**-32, 2.0**-37, 2.0**3, 2.0**-6, 2.0**-8, 2.0**-15,
          2.0**-48, 2.0**-48, 2.0**-65)  # fmt: skip
SHIFTED = {3, 4}
"""Places of the constants from which 16384 is taken first: the first two of the pressure."""
BUSY_TRIES, BUSY_WAIT_S = 10, 0.005
SLOW = 1.1
"""How much longer the part's own timer may take."""

Samples = Literal[1, 2, 4, 8, 16, 32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bmp388Settings:
    """One BMP388 or BMP390."""

    address: Annotated[int, Limits(0x76, 0x77)] = 0x77
    """Its I2C address, by what SDO is wired to: 0x76 ground, 0x77 supply."""
    oversampling: Samples = 8
    """How many samples make one pressure: 1 has steps of 2.6 Pa, 32 of 0.1 Pa and takes 75 ms."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants of one part, scaled; numbered from 1 in the datasheet and from 0 here."""

    t: tuple[float, ...]
    p: tuple[float, ...]


def decode_calibration(data: bytes) -> Calibration:
    """The constants in the 21 bytes from 0x31."""
    words = struct.unpack(CALIBRATION_FORMAT, data[:CALIBRATION_BYTES])
    scaled = tuple(
        (word - (16384 if place in SHIFTED else 0)) * scale
        for place, (word, scale) in enumerate(zip(words, SCALES, strict=True))
    )
    return Calibration(scaled[:3], scaled[3:])


def temperature(raw: int, calibration: Calibration) -> float:
    """In Cel."""
    t1, t2, t3 = calibration.t
    return (raw - t1) * t2 + (raw - t1) ** 2 * t3


def pressure(raw: int, cel: float, calibration: Calibration) -> float:
    """In Pa, at a temperature."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 = calibration.p
    offset = p5 + p6 * cel + p7 * cel**2 + p8 * cel**3
    slope = p1 + p2 * cel + p3 * cel**2 + p4 * cel**3
    return offset + raw * slope + raw**2 * (p9 + p10 * cel) + raw**3 * p11


def decode_data(data: bytes, calibration: Calibration) -> dict[str, float]:
    """What the six bytes from 0x04 mean.

    Raises:
        NoAnswerError: something was not measured.
    """
    raw_p, raw_t = int.from_bytes(data[:3], "little"), int.from_bytes(data[3:6], "little")
    if SKIPPED in {raw_p, raw_t}:
        raise NoAnswerError("nothing was measured")
    cel = temperature(raw_t, calibration)
    return {"temperature": round(cel, 2), "pressure": round(pressure(raw_p, cel, calibration), 1)}


def measurement_s(oversampling: int) -> float:
    """How long a measurement takes, typically: the temperature is sampled once."""
    return (234 + 392 + oversampling * 2020 + 163 + 2020) / 1e6


class Bmp388(Driver):
    """One BMP388 on an I2C bus."""

    name: ClassVar[str] = "bmp388"
    title: ClassVar[str] = "Bosch BMP388"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Bmp388Settings

    def __init__(self, bus: I2CBus, settings: Bmp388Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._oversampling = settings.oversampling
        self._calibration = Calibration((), ())

    @classmethod
    def channels(cls, settings: Bmp388Settings) -> tuple[Channel, ...]:
        """Temperature and pressure."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.01, about="air temperature"),
            Channel(name="pressure", unit="Pa", low=30_000.0, high=125_000.0, resolution=0.1, about="air pressure"),
        )

    def open(self) -> None:
        """See which part it is, and fetch its calibration.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers, or the part has no calibration.
            BusError: the bus does not work.
        """
        identity = self._bus.read_register(self._address, ID, 1)[0]
        found = PARTS.get(identity, f"a part with the identity 0x{identity:02X}")
        if found.lower() != self.name:
            raise WrongPartError(f"{self._place()}: found {found}, configured {self.name}")
        data = self._bus.read_register(self._address, CALIBRATION, CALIBRATION_BYTES)
        if len(set(data)) == 1:
            raise NoAnswerError(f"{self._place()}: no calibration (all 0x{data[0]:02X})")
        self._calibration = decode_calibration(data)

    def read(self) -> Readings:
        """Measure once.

        Raises:
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        self._bus.write_register(self._address, OVERSAMPLING, bytes([self._oversampling.bit_length() - 1]))
        self._bus.write_register(self._address, FILTER, b"\x00")
        self._bus.write_register(self._address, CONTROL, bytes([FORCED_BOTH]))
        self._bus.clock.sleep(measurement_s(self._oversampling) * SLOW)
        for _ in range(BUSY_TRIES):
            if self._bus.read_register(self._address, STATUS, 1)[0] & DONE == DONE:
                break
            self._bus.clock.sleep(BUSY_WAIT_S)
        else:
            raise NoAnswerError(f"{self._place()}: the measurement does not end")
        data = self._bus.read_register(self._address, DATA, DATA_BYTES)
        try:
            return decode_data(data, self._calibration)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error} ({data.hex()})") from error

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"


class Bmp390(Bmp388):
    """One BMP390 on an I2C bus."""

    name: ClassVar[str] = "bmp390"
    title: ClassVar[str] = "Bosch BMP390"
