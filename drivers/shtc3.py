"""Sensirion SHTC3: temperature and relative humidity over I2C, asleep between readings.

Source: Sensirion, Datasheet SHTC3, chapter 5 (sleep, measurement, identification, checksum, conversion).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.sensirion import Words, decode_words, to_value
from drivers.sht import AIR

WAKE, SLEEP, READ_ID, MEASURE = b"\x35\x17", b"\xb0\x98", b"\xef\xc8", b"\x78\x66"
"""The measurement is the normal one without clock stretching, temperature first."""
WAKE_S, READ_ID_S, MEASURE_S = 0.00024, 0.0005, 0.0121
ID_BITS, ID = 0x083F, 0x0807
FULL = 0x10000


@dataclass(frozen=True, kw_only=True, slots=True)
class Shtc3Settings:
    """One SHTC3."""

    address: Annotated[int, Limits(0x70, 0x70)] = 0x70
    """Its I2C address, which is fixed."""


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH (datasheet, section 5.11).

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words("shtc3", data, 2)
    return to_value(temperature, -45.0, 175.0, FULL), to_value(humidity, 0.0, 100.0, FULL)


class Shtc3(Driver):
    """One SHTC3 on an I2C bus."""

    name: ClassVar[str] = "shtc3"
    title: ClassVar[str] = "Sensirion SHTC3"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Shtc3Settings

    def __init__(self, bus: I2CBus, settings: Shtc3Settings) -> None:
        self._words = Words(bus, settings.address, self.name)

    @classmethod
    def channels(cls, settings: Shtc3Settings) -> tuple[Channel, ...]:
        """Temperature and humidity."""
        del settings
        return AIR

    def open(self) -> None:
        """Wake the part, compare its identity, and let it sleep.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._words.send(WAKE, wait_s=WAKE_S)
        (identity,) = self._words.identify(READ_ID, 1, wait_s=READ_ID_S)
        if identity & ID_BITS != ID:
            raise WrongPartError(f"{self._words.place}: another part answers (identity 0x{identity:04X})")
        self._words.send(SLEEP)

    def read(self) -> Readings:
        """Wake the part, measure both, and let it sleep.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address, or the measurement never ends.
            BusError: the bus does not work.
        """
        self._words.send(WAKE, wait_s=WAKE_S)
        data = self._words.fetch(MEASURE, 2, wait_s=MEASURE_S)
        self._words.send(SLEEP)
        temperature, humidity = decode_measurement(data)
        return {"temperature": temperature, "humidity": humidity}
