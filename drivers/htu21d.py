"""HTU21D, Si7021, SHT2x: temperature and relative humidity over I2C, three makes of one protocol.

Source: TE Connectivity, HTU21D(F) datasheet, pages 10 to 15; Silicon Labs, Si7021-A20 data sheet, section 5; Sensirion,
Datasheet SHT21, chapters 5 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc8

MEASURE_TEMPERATURE, MEASURE_HUMIDITY, RESET, READ_USER = 0xF3, 0xF5, 0xFE, 0xE7
"""The measurements without holding the clock, which not every bus controller can follow."""
TEMPERATURE_S, HUMIDITY_S, RESET_S = 0.050, 0.023, 0.015
ANSWER_BYTES = 3
CHECKSUM_START = 0x00
STATUS_BITS = 0x0003
BUSY_TRIES = 10
BUSY_WAIT_S = 0.010

USER_BITS, USER_AFTER_RESET = 0xBF, {0x02: "HTU21D, SHT2x", 0x3A: "Si7021"}
"""Bits of the user register but the one for a low supply, and what they are after a reset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Htu21dSettings:
    """One HTU21D, Si7021 or SHT2x."""

    address: Annotated[int, Limits(0x40, 0x40)] = 0x40
    """Its I2C address, which is fixed."""


def decode_word(data: bytes) -> int:
    """The measurement in an answer, its checksum compared and its status bits taken out.

    Raises:
        ChecksumError: the checksum is wrong, or the answer has another length.
    """
    if len(data) != ANSWER_BYTES or crc8(data[:2], start=CHECKSUM_START) != data[2]:
        raise ChecksumError(f"wrong checksum in {data.hex()}")
    return int.from_bytes(data[:2]) & ~STATUS_BITS


def to_temperature(raw: int) -> float:
    """In Cel."""
    return round(-46.85 + 175.72 * raw / 65536, 2)


def to_humidity(raw: int) -> float:
    """In %RH, within 0 and 100, which the formula may leave by a little."""
    return round(min(100.0, max(0.0, -6.0 + 125.0 * raw / 65536)), 2)


class Htu21d(Driver):
    """One HTU21D, Si7021 or SHT2x on an I2C bus."""

    name: ClassVar[str] = "htu21d"
    title: ClassVar[str] = "TE HTU21D, Silicon Labs Si7013, Si7020, Si7021, Sensirion SHT20, SHT21, SHT25"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Htu21dSettings

    def __init__(self, bus: I2CBus, settings: Htu21dSettings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Htu21dSettings) -> tuple[Channel, ...]:
        """Temperature and humidity."""
        del settings
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=125.0, resolution=0.01, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.04, about="relative humidity"),
        )

    def open(self) -> None:
        """Reset the part, and see that its user register is as it is then.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._bus.write(self._address, bytes([RESET]))
        self._bus.clock.sleep(RESET_S)
        user = self._bus.read_register(self._address, READ_USER, 1)[0]
        if user & USER_BITS not in USER_AFTER_RESET:
            raise WrongPartError(f"{self._place()}: another part answers (user register 0x{user:02X} after a reset)")

    def read(self) -> Readings:
        """Measure both, one after the other.

        Raises:
            ChecksumError: an answer was disturbed.
            NoAnswerError: nobody answers at the address, or a measurement never ends.
            BusError: the bus does not work.
        """
        return {
            "temperature": to_temperature(self._measure(MEASURE_TEMPERATURE, TEMPERATURE_S)),
            "humidity": to_humidity(self._measure(MEASURE_HUMIDITY, HUMIDITY_S)),
        }

    def _measure(self, command: int, seconds: float) -> int:
        self._bus.write(self._address, bytes([command]))
        self._bus.clock.sleep(seconds)
        try:
            return decode_word(self._fetch())
        except ChecksumError as error:
            raise ChecksumError(f"{self._place()}: {error}") from error

    def _fetch(self) -> bytes:
        for _ in range(BUSY_TRIES - 1):
            try:
                return self._bus.read(self._address, ANSWER_BYTES)
            except NoAnswerError:
                self._bus.clock.sleep(BUSY_WAIT_S)
        return self._bus.read(self._address, ANSWER_BYTES)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
