"""Sensirion SHT40, SHT41, SHT43, SHT45: temperature and relative humidity over I2C.

Source: Sensirion, Datasheet SHT4x, sections 4.1 to 4.6 (commands, checksum, conversion of the signals, timing).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings
from drivers.bus.i2c import I2CBus
from drivers.sensirion import Words, decode_words, to_value

READ_SERIAL = b"\x89"
SERIAL_WAIT_S = 0.001


class Precision(enum.StrEnum):
    """How long the part measures; more time, less noise."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


MEASURE = {Precision.HIGH: b"\xfd", Precision.MEDIUM: b"\xf6", Precision.LOW: b"\xe0"}
CONVERSION_S = {Precision.HIGH: 0.0083, Precision.MEDIUM: 0.0045, Precision.LOW: 0.0016}
"""The longest that a measurement takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sht4xSettings:
    """One SHT4x."""

    address: Annotated[int, Limits(0x44, 0x46)] = 0x44
    """Its I2C address; fixed in the part: 0x44 (A variants), 0x45 (B), 0x46 (C)."""
    precision: Precision = Precision.HIGH
    """`high` takes 8.3 ms, `medium` 4.5 ms, `low` 1.6 ms."""


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH, the latter within 0 and 100 (datasheet, section 4.6).

    Rounded to the channels' resolution: digits beyond it are noise that would be stored and sent.

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words("sht4x", data, 2)
    return to_value(temperature, -45.0, 175.0), min(100.0, max(0.0, to_value(humidity, -6.0, 125.0)))


def decode_serial(data: bytes) -> int:
    """The serial number, 32 bits.

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    high, low = decode_words("sht4x", data, 2)
    return high << 16 | low


class Sht4x(Driver):
    """One SHT4x on an I2C bus."""

    name: ClassVar[str] = "sht4x"
    title: ClassVar[str] = "Sensirion SHT40, SHT41, SHT43, SHT45"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sht4xSettings

    def __init__(self, bus: I2CBus, settings: Sht4xSettings) -> None:
        self._words = Words(bus, settings.address, self.name)
        self._precision = settings.precision

    @classmethod
    def channels(cls, settings: Sht4xSettings) -> tuple[Channel, ...]:
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
