"""What the SHT3x and the SHT4x share: they measure temperature and humidity when they are told to, once each time.

Source: Sensirion, Datasheet SHT3x-DIS, chapter 4; Datasheet SHT4x, chapter 4.
"""

from __future__ import annotations

import abc
import enum
from collections.abc import Mapping
from typing import Any, ClassVar

from drivers.base import BusKind, Channel, Driver, Readings
from drivers.bus.i2c import I2CBus
from drivers.sensirion import Words

SERIAL_WAIT_S = 0.001
AIR = (
    Channel(name="temperature", unit="Cel", low=-40.0, high=125.0, resolution=0.01, about="air temperature"),
    Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
)
"""The channels of these parts."""


class Precision(enum.StrEnum):
    """How long the part measures; more time, less noise."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Sht(Driver):
    """One such part on an I2C bus; its settings have `address` and `precision`."""

    bus_kind: ClassVar[BusKind] = BusKind.I2C
    read_serial: ClassVar[bytes]
    """Asks for two words."""
    measure: ClassVar[Mapping[Precision, bytes]]
    conversion_s: ClassVar[Mapping[Precision, float]]
    """The longest that a measurement takes."""

    def __init__(self, bus: I2CBus, settings: Any) -> None:
        self._words = Words(bus, settings.address, self.name)
        self._precision: Precision = settings.precision

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """Temperature and humidity, whatever the settings."""
        del settings
        return AIR

    @staticmethod
    @abc.abstractmethod
    def decode(data: bytes) -> tuple[float, float]:
        """Temperature in Cel and relative humidity in %RH of an answer.

        Raises:
            ChecksumError: the bytes are not what the part sent.
        """

    def open(self) -> None:
        """Read the serial number, whose checksums hardly any other part gets right by chance.

        Raises:
            WrongPartError: the same bytes with wrong checksums came twice.
            ChecksumError: different bytes with wrong checksums came.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._words.identify(self.read_serial, 2, wait_s=SERIAL_WAIT_S)

    def read(self) -> Readings:
        """Measure both.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address, or the measurement never ends.
            BusError: the bus does not work.
        """
        data = self._words.fetch(self.measure[self._precision], 2, wait_s=self.conversion_s[self._precision])
        temperature, humidity = self.decode(data)
        return {"temperature": temperature, "humidity": humidity}
