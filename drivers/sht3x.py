"""Sensirion SHT30, SHT31, SHT35: temperature and relative humidity over I2C.

Source: Sensirion, Datasheet SHT3x-DIS, sections 4.3 (single shot), 4.12 (checksum) and 4.13 (conversion of signals);
Application Note "Electronic Identification Code" (serial number).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings
from drivers.bus.i2c import I2CBus
from drivers.sensirion import Words, decode_words, to_value

READ_SERIAL = b"\x37\x80"
SERIAL_WAIT_S = 0.001


class Precision(enum.StrEnum):
    """How long the part measures; more time, less noise."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


MEASURE = {Precision.HIGH: b"\x24\x00", Precision.MEDIUM: b"\x24\x0b", Precision.LOW: b"\x24\x16"}
"""Single shots without clock stretching, which not every bus controller can follow."""
CONVERSION_S = {Precision.HIGH: 0.0155, Precision.MEDIUM: 0.0065, Precision.LOW: 0.0045}
"""The longest that a measurement takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sht3xSettings:
    """One SHT3x."""

    address: Annotated[int, Limits(0x44, 0x45)] = 0x44
    """Its I2C address, by what ADDR is wired to: 0x44 ground, 0x45 supply."""
    precision: Precision = Precision.HIGH
    """`high` takes 15.5 ms, `medium` 6.5 ms, `low` 4.5 ms."""


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH (datasheet, section 4.13).

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words("sht3x", data, 2)
    return to_value(temperature, -45.0, 175.0), to_value(humidity, 0.0, 100.0)


class Sht3x(Driver):
    """One SHT3x on an I2C bus."""

    name: ClassVar[str] = "sht3x"
    title: ClassVar[str] = "Sensirion SHT30, SHT31, SHT35"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sht3xSettings

    def __init__(self, bus: I2CBus, settings: Sht3xSettings) -> None:
        self._words = Words(bus, settings.address, self.name)
        self._precision = settings.precision

    @classmethod
    def channels(cls, settings: Sht3xSettings) -> tuple[Channel, ...]:
        """Temperature and humidity, whatever the settings."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=125.0, resolution=0.01, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
        )

    def open(self) -> None:
        """Read the serial number, whose checksums hardly any other part gets right by chance.

        Raises:
            WrongPartError: the same bytes with wrong checksums came twice.
            ChecksumError: different bytes with wrong checksums came.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._words.identify(READ_SERIAL, 2, wait_s=SERIAL_WAIT_S)

    def read(self) -> Readings:
        """Measure both.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address, or the measurement never ends.
            BusError: the bus does not work.
        """
        data = self._words.fetch(MEASURE[self._precision], 2, wait_s=CONVERSION_S[self._precision])
        temperature, humidity = decode_measurement(data)
        return {"temperature": temperature, "humidity": humidity}
