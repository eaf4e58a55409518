"""Bosch BME280 (temperature, pressure, humidity) and BMP280 (without humidity) over I2C.

The part sleeps between readings; each one is a forced measurement of everything.

Source: Bosch Sensortec, BME280 datasheet BST-BME280-DS002, sections 4.2 (compensation) and 5.3 (memory map), appendix
8.1 (formulas in floating point) and 9.1 (measurement time); BMP280 datasheet BST-BMP280-DS001, section 3.11.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

ID, STATUS, CONTROL_HUMIDITY, CONTROL, CONFIG, DATA = 0xD0, 0xF3, 0xF2, 0xF4, 0xF5, 0xF7
CALIBRATION, CALIBRATION_BYTES = 0x88, 26
CALIBRATION_HUMIDITY, CALIBRATION_HUMIDITY_BYTES = 0xE1, 7
DATA_BYTES = 8
MEASURING, COPYING = 0x08, 0x01
"""Bits of the status: a measurement goes on; the calibration is being copied after a reset."""
FORCED = 1

BME280_ID = 0x60
PARTS = {0x56: "BMP280", 0x57: "BMP280", 0x58: "BMP280", BME280_ID: "BME280", 0x61: "BME680", 0x55: "BMP180"}
"""Identity -> what sits there."""

SKIPPED_20, SKIPPED_16 = 0x80000, 0x8000
"""What the data registers hold where nothing was measured."""
BUSY_TRIES = 10
BUSY_WAIT_S = 0.002

Oversampling = Literal[1, 2, 4, 8, 16]
OVERSAMPLING = (1, 2, 4, 8, 16)
"""By their code less one: code 0 skips the measurement."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bme280Settings:
    """One BME280 or BMP280."""

    address: Annotated[int, Limits(0x76, 0x77)] = 0x76
    """Its I2C address, by what SDO is wired to: 0x76 ground, 0x77 supply."""
    oversampling: Oversampling = 1
    """How many samples make one reading: 1 takes 10 ms, 16 takes 115 ms and has a quarter of the noise."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants of one part, numbered from 1 in the datasheet and from 0 here."""

    t: tuple[int, ...]
    p: tuple[int, ...]
    h: tuple[int, ...] = ()
    """Empty for a BMP280."""


def decode_calibration(data: bytes, humidity: bytes = b"") -> Calibration:
    """The constants in the 26 bytes from 0x88 and, of a BME280, the 7 from 0xE1."""
    words = struct.unpack("<HhhH8h", data[:24])
    if not humidity:
        return Calibration(words[:3], words[3:])
    second, third, _, _, _, sixth = struct.unpack("<hB3Bb", humidity[:7])
    # The fourth and fifth share a byte: it holds the lower bits of both.
    fourth = int.from_bytes(humidity[3:4], signed=True) << 4 | humidity[4] & 0x0F
    fifth = int.from_bytes(humidity[5:6], signed=True) << 4 | humidity[4] >> 4
    return Calibration(words[:3], words[3:], (data[25], second, third, fourth, fifth, sixth))


def fine_temperature(raw: int, calibration: Calibration) -> float:
    """The temperature in units of 1/5120 Cel, in which the other two formulas want it."""
    t1, t2, t3 = calibration.t
    return (raw / 16384 - t1 / 1024) * t2 + (raw / 131072 - t1 / 8192) ** 2 * t3


def pressure(raw: int, fine: float, calibration: Calibration) -> float:
    """The pressure in Pa.

    Raises:
        NoAnswerError: the calibration is blank, and would be divided by.
    """
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = calibration.p
    half = fine / 2 - 64000
    offset = (half**2 * p6 / 32768 + half * p5 * 2) / 4 + p4 * 65536
    slope = (1 + (p3 * half**2 / 524288 + p2 * half) / 524288 / 32768) * p1
    if slope == 0:
        raise NoAnswerError("the calibration is blank")
    value = (1048576 - raw - offset / 4096) * 6250 / slope
    return value + (p9 * value**2 / 2147483648 + value * p8 / 32768 + p7) / 16


def humidity(raw: int, fine: float, calibration: Calibration) -> float:
    """The relative humidity in %RH, within 0 and 100."""
    h1, h2, h3, h4, h5, h6 = calibration.h
    warm = fine - 76800
    above = raw - (h4 * 64 + h5 / 16384 * warm)
    value = above * (h2 / 65536 * (1 + h6 / 67108864 * warm * (1 + h3 / 67108864 * warm)))
    return min(100.0, max(0.0, value * (1 - h1 * value / 524288)))


def decode_data(data: bytes, calibration: Calibration) -> dict[str, float]:
    """What the eight bytes from 0xF7 mean.

    Raises:
        NoAnswerError: something was not measured, or the calibration is blank.
    """
    raw_p, raw_t, raw_h = int.from_bytes(data[0:3]) >> 4, int.from_bytes(data[3:6]) >> 4, int.from_bytes(data[6:8])
    if SKIPPED_20 in {raw_p, raw_t} or (calibration.h and raw_h == SKIPPED_16):
        raise NoAnswerError("nothing was measured")
    fine = fine_temperature(raw_t, calibration)
    values = {"temperature": round(fine / 5120, 2), "pressure": round(pressure(raw_p, fine, calibration), 1)}
    return values | ({"humidity": round(humidity(raw_h, fine, calibration), 2)} if calibration.h else {})


def measurement_s(oversampling: int, quantities: int) -> float:
    """The longest that a measurement takes."""
    return (1.25 + 2.3 * oversampling * quantities + 0.575 * (quantities - 1)) / 1000


class Bme280(Driver):
    """One BME280 on an I2C bus."""

    name: ClassVar[str] = "bme280"
    title: ClassVar[str] = "Bosch BME280"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Bme280Settings
    humid: ClassVar[bool] = True

    def __init__(self, bus: I2CBus, settings: Bme280Settings) -> None:
        self._bus = bus
        self._address = settings.address
        self._oversampling = settings.oversampling
        self._calibration = Calibration((), ())

    @classmethod
    def channels(cls, settings: Bme280Settings) -> tuple[Channel, ...]:
        """Temperature, pressure and, of a BME280, humidity."""
        del settings
        found = (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.01, about="air temperature"),
            Channel(name="pressure", unit="Pa", low=30_000.0, high=110_000.0, resolution=0.2, about="air pressure"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
        )
        return found if cls.humid else found[:2]

    def open(self) -> None:
        """See which part it is, and fetch its calibration.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers, or the part has no calibration.
            BusError: the bus does not work.
        """
        self._check_identity(self._bus.read_register(self._address, ID, 1)[0])
        self._wait_for(COPYING)
        data = self._bus.read_register(self._address, CALIBRATION, CALIBRATION_BYTES)
        if len(set(data[:24])) == 1:
            raise NoAnswerError(f"{self._place()}: no calibration (all 0x{data[0]:02X})")
        more = CALIBRATION_HUMIDITY_BYTES if self.humid else 0
        behind = self._bus.read_register(self._address, CALIBRATION_HUMIDITY, more) if more else b""
        self._calibration = decode_calibration(data, behind)

    def read(self) -> Readings:
        """Measure everything once.

        Raises:
            NoAnswerError: nobody answers, or the measurement never ends.
            BusError: the bus does not work.
        """
        code = OVERSAMPLING.index(self._oversampling) + 1
        if self.humid:
            # Takes effect with the next write to CONTROL only.
            self._bus.write_register(self._address, CONTROL_HUMIDITY, bytes([code]))
        self._bus.write_register(self._address, CONFIG, b"\x00")
        self._bus.write_register(self._address, CONTROL, bytes([code << 5 | code << 2 | FORCED]))
        self._bus.clock.sleep(measurement_s(self._oversampling, 3 if self.humid else 2))
        self._wait_for(MEASURING)
        data = self._bus.read_register(self._address, DATA, DATA_BYTES)
        try:
            return decode_data(data, self._calibration)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error} ({data.hex()})") from error

    def _check_identity(self, identity: int) -> None:
        found = PARTS.get(identity, f"a part with the identity 0x{identity:02X}")
        # A BME280 does all that a BMP280 does.
        if found != "BME280" and (self.humid or found != "BMP280"):
            missing = ": no humidity" if found == "BMP280" else ""
            raise WrongPartError(f"{self._place()}: found {found}, configured {self.name}{missing}")

    def _wait_for(self, bit: int) -> None:
        for _ in range(BUSY_TRIES):
            if not self._bus.read_register(self._address, STATUS, 1)[0] & bit:
                return
            self._bus.clock.sleep(BUSY_WAIT_S)
        raise NoAnswerError(f"{self._place()}: busy for too long")

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"


class Bmp280(Bme280):
    """One BMP280 on an I2C bus."""

    name: ClassVar[str] = "bmp280"
    title: ClassVar[str] = "Bosch BMP280"
    humid: ClassVar[bool] = False
