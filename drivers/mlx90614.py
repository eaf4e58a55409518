"""Melexis MLX90614: temperature of a surface, without touching it, and of the part, over I2C (SMBus).

Source: Melexis, MLX90614 datasheet 3901090614, sections 8.4 (SMBus, packet error code) and 8.3 (RAM, EEPROM); System
Management Bus Specification 2.0, section 5.4 (packet error code).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.checksums import crc8

AMBIENT, OBJECT, STORED_ADDRESS = 0x06, 0x07, 0x2E
ANSWER_BYTES = 3
PEC_POLYNOMIAL, PEC_START = 0x07, 0x00
ERROR = 0x8000
STEP_K, ZERO_K = 0.02, 273.15


@dataclass(frozen=True, kw_only=True, slots=True)
class Mlx90614Settings:
    """One MLX90614."""

    address: Annotated[int, Limits(0x03, 0x77)] = 0x5A
    """Its I2C address, which is stored in the part; 0x5A as delivered."""


def decode_word(address: int, register: int, data: bytes) -> int:
    """The word in an answer, low byte first, its packet error code compared.

    That code covers the whole transfer: address for writing, register, address for reading, and the word.

    Raises:
        ChecksumError: the code is wrong, or the answer has another length.
    """
    expected = crc8(bytes([address << 1, register, address << 1 | 1]) + data[:2], polynomial=PEC_POLYNOMIAL, start=0)
    if len(data) != ANSWER_BYTES or data[2] != expected:
        raise ChecksumError(f"packet error code 0x{expected:02X} expected in {data.hex()}")
    return int.from_bytes(data[:2], "little")


def decode_temperature(word: int) -> float:
    """The temperature in Cel of a word.

    Raises:
        NoAnswerError: the part flags an error.
    """
    if word & ERROR:
        raise NoAnswerError(f"it flags an error (0x{word:04X})")
    return round(word * STEP_K - ZERO_K, 2)


class Mlx90614(Driver):
    """One MLX90614 on an I2C bus."""

    name: ClassVar[str] = "mlx90614"
    title: ClassVar[str] = "Melexis MLX90614"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Mlx90614Settings

    def __init__(self, bus: I2CBus, settings: Mlx90614Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Mlx90614Settings) -> tuple[Channel, ...]:
        """What the part looks at, and the part itself."""
        del settings
        return (
            Channel(name="object", unit="Cel", low=-70.0, high=382.2, resolution=STEP_K, about="of what it looks at"),
            Channel(name="ambient", unit="Cel", low=-40.0, high=125.0, resolution=STEP_K, about="of the part itself"),
        )

    def open(self) -> None:
        """Read the address that the part has stored, whose code hardly any other part gets right by chance.

        Raises:
            WrongPartError: the same bytes with a wrong code came twice, or another address.
            ChecksumError: different bytes with wrong codes came.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        first = self._fetch(STORED_ADDRESS)
        try:
            word = self._checked(STORED_ADDRESS, first)
        except ChecksumError as error:
            again = self._fetch(STORED_ADDRESS)
            if again == first:
                raise WrongPartError(f"{self._place()}: another part answers ({first.hex()} twice)") from error
            word = self._checked(STORED_ADDRESS, again)
        if word & 0x7F != self._address:
            raise WrongPartError(
                f"{self._place()}: another part answers (it has stored the address 0x{word & 0x7F:02X})"
            )

    def read(self) -> Readings:
        """Fetch both temperatures.

        Raises:
            ChecksumError: an answer was disturbed.
            NoAnswerError: nobody answers at the address, or the part flags an error.
            BusError: the bus does not work.
        """
        return {"object": self._temperature(OBJECT), "ambient": self._temperature(AMBIENT)}

    def _temperature(self, register: int) -> float:
        word = self._checked(register, self._fetch(register))
        try:
            return decode_temperature(word)
        except NoAnswerError as error:
            raise NoAnswerError(f"{self._place()}: {error}") from error

    def _checked(self, register: int, data: bytes) -> int:
        try:
            return decode_word(self._address, register, data)
        except ChecksumError as error:
            raise ChecksumError(f"{self._place()}: {error}") from error

    def _fetch(self, register: int) -> bytes:
        return self._bus.read_register(self._address, register, ANSWER_BYTES)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"
