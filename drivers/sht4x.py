"""Sensirion SHT40, SHT41, SHT43, SHT45: temperature and relative humidity over I2C.

Source: Sensirion, Datasheet SHT4x, sections 4.1 to 4.6 (commands, checksum, conversion of the signals, timing).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc8

READ_SERIAL = 0x89
ANSWER_BYTES = 6
"""Every answer is two words of two bytes, each followed by its checksum."""

DECIMALS = 2
"""Of temperature and humidity: 0.01 is the resolution of the part."""

SERIAL_WAIT_S = 0.001
BUSY_TRIES = 5
"""How often an answer is asked for: the part does not acknowledge while it converts, and its timer may run slow."""
BUSY_WAIT_S = 0.002


class Precision(enum.StrEnum):
    """How long the part measures; more time, less noise."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


MEASURE = {Precision.HIGH: 0xFD, Precision.MEDIUM: 0xF6, Precision.LOW: 0xE0}
CONVERSION_S = {Precision.HIGH: 0.0083, Precision.MEDIUM: 0.0045, Precision.LOW: 0.0016}
"""The longest that a measurement takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sht4xSettings:
    """One SHT4x."""

    address: Annotated[int, Limits(0x44, 0x46)] = 0x44
    """Its I2C address; fixed in the part: 0x44 (A variants), 0x45 (B), 0x46 (C)."""
    precision: Precision = Precision.HIGH
    """`high` takes 8.3 ms, `medium` 4.5 ms, `low` 1.6 ms."""


def decode_words(data: bytes) -> tuple[int, int]:
    """The two words of an answer, their checksums compared.

    Raises:
        ChecksumError: the answer has another length, or a checksum is wrong.
    """
    if len(data) != ANSWER_BYTES:
        raise ChecksumError(f"sht4x: {len(data)} bytes came, {ANSWER_BYTES} were asked for")
    for start in (0, 3):
        word, check = data[start : start + 2], data[start + 2]
        if crc8(word) != check:
            raise ChecksumError(f"sht4x: checksum 0x{check:02X} of {word.hex()}, 0x{crc8(word):02X} expected")
    return int.from_bytes(data[0:2]), int.from_bytes(data[3:5])


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH, the latter within 0 and 100 (datasheet, section 4.6).

    Rounded to the channels' resolution: digits beyond it are noise that would be stored and sent.

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words(data)
    humidity_rh = min(100.0, max(0.0, -6.0 + 125.0 * humidity / 65535))
    return round(-45.0 + 175.0 * temperature / 65535, DECIMALS), round(humidity_rh, DECIMALS)


def decode_serial(data: bytes) -> int:
    """The serial number, 32 bits.

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    high, low = decode_words(data)
    return high << 16 | low


class Sht4x(Driver):
    """One SHT4x on an I2C bus."""

    name: ClassVar[str] = "sht4x"
    title: ClassVar[str] = "Sensirion SHT40, SHT41, SHT43, SHT45"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sht4xSettings

    def __init__(self, bus: I2CBus, settings: Sht4xSettings) -> None:
        self._bus = bus
        self._address = settings.address
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
        first = self._ask(READ_SERIAL, SERIAL_WAIT_S)
        try:
            decode_serial(first)
        except ChecksumError as error:
            # A disturbed answer differs from time to time; another part gives the same one again.
            again = self._ask(READ_SERIAL, SERIAL_WAIT_S)
            if again == first:
                raise WrongPartError(
                    f"sht4x at 0x{self._address:02X}: another part answers ({first.hex()} is no serial number)"
                ) from error
            decode_serial(again)

    def read(self) -> Readings:
        """Measure both.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address, or the measurement never ends.
            BusError: the bus does not work.
        """
        data = self._ask(MEASURE[self._precision], CONVERSION_S[self._precision])
        temperature, humidity = decode_measurement(data)
        return {"temperature": temperature, "humidity": humidity}

    def _ask(self, command: int, wait_s: float) -> bytes:
        self._bus.write(self._address, bytes([command]))
        self._bus.clock.sleep(wait_s)
        for _ in range(BUSY_TRIES - 1):
            try:
                return self._bus.read(self._address, ANSWER_BYTES)
            except NoAnswerError:
                self._bus.clock.sleep(BUSY_WAIT_S)
        return self._bus.read(self._address, ANSWER_BYTES)
