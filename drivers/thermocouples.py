"""Maxim MAX31855 and MAX6675: a thermocouple, with its cold junction made up for in the part, read over SPI.

Both only send. A line that stays low reads as 0 Cel at a part of 0 Cel, so that very reading is taken for no part.

Source: Maxim, MAX31855 datasheet 19-5793, tables 2 to 5; MAX6675 datasheet 19-2235, section "Serial Interface".
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from drivers.base import BusKind, Channel, Driver, DriverError, Limits, Readings, WrongPartError
from drivers.bus.spi import SpiBus, SpiPart
from drivers.probes import ProbeError, check_line

MAX31855_BYTES, MAX6675_BYTES = 4, 2
QUARTERS, SIXTEENTHS = 4, 16
"""Counts per Cel of a thermocouple and of a cold junction."""
FAULT = 1 << 16
ALWAYS_ZERO_31855 = 1 << 17 | 1 << 3
ALWAYS_ZERO_6675 = 1 << 15 | 1 << 1
OPEN_6675 = 1 << 2
FAULTS = {
    1 << 0: "the thermocouple is open: no connection between T+ and T-",
    1 << 1: "the thermocouple is shorted to GND",
    1 << 2: "the thermocouple is shorted to VCC",
}
"""Bit of a MAX31855 -> what it stands for."""

CONVERSION_S = 0.22
"""What a MAX6675 needs at most; each transfer stops the one that goes on and starts another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThermocoupleSettings:
    """One MAX31855 or MAX6675."""

    chip_select: Annotated[int, Limits(0, 7)] = 0
    """The chip select of the bus that it hangs on; 0 is CE0."""


def decode_max31855(data: bytes) -> tuple[float, float]:
    """Temperatures of thermocouple and cold junction in Cel; 06 4C 19 00 are 100.75 and 25.0.

    Raises:
        NoAnswerError: every bit is the same.
        WrongPartError: a bit that is always zero is not.
        ProbeError: the part tells a fault of the thermocouple.
    """
    word = _word(data, ALWAYS_ZERO_31855)
    told = [what for bit, what in FAULTS.items() if word & bit]
    if word & FAULT or told:
        raise ProbeError("; ".join(told) or "the part tells a fault of the thermocouple, and not which")
    hot = int.from_bytes(data[:2], signed=True) >> 2
    cold = int.from_bytes(data[2:], signed=True) >> 4
    return hot / QUARTERS, cold / SIXTEENTHS


def decode_max6675(data: bytes) -> float:
    """The temperature in Cel; 0C 98 is 100.75.

    Raises:
        NoAnswerError: every bit is the same.
        WrongPartError: a bit that is always zero is not.
        ProbeError: the thermocouple is open.
    """
    word = _word(data, ALWAYS_ZERO_6675)
    if word & OPEN_6675:
        raise ProbeError("the thermocouple is open: no connection between T+ and T-, or T- not at GND")
    return (word >> 3) / QUARTERS


def _word(data: bytes, always_zero: int) -> int:
    check_line(data)
    word = int.from_bytes(data)
    if word & always_zero:
        raise WrongPartError(f"another part answers, or the line is disturbed ({data.hex()})")
    return word


class Thermocouple(Driver):
    """What both parts have in common."""

    bus_kind: ClassVar[BusKind] = BusKind.SPI
    settings_type: ClassVar[type] = ThermocoupleSettings
    about: ClassVar[str] = "temperature of the thermocouple"

    def __init__(self, bus: SpiBus, settings: ThermocoupleSettings) -> None:
        self._bus = bus
        self._part = SpiPart(settings.chip_select)

    def open(self) -> None:
        """See that the right part answers; a fault of its thermocouple is no other part.

        Raises:
            NoAnswerError: nobody answers.
            WrongPartError: another part answers.
            BusError: the bus does not work.
        """
        try:
            self.read()
        except ProbeError:
            return

    def read(self) -> Readings:
        """Fetch the last conversion.

        Raises:
            ProbeError: the part tells a fault of the thermocouple.
            NoAnswerError: nobody answers.
            WrongPartError: another part answers.
            BusError: the bus does not work.
        """
        data = self._fetch()
        try:
            return self._decode(data)
        except DriverError as error:
            raise type(error)(f"{self.name} at {self._bus.place(self._part)}: {error}") from error

    @abstractmethod
    def _fetch(self) -> bytes:
        """The bytes of a finished conversion."""

    @staticmethod
    @abstractmethod
    def _decode(data: bytes) -> Readings:
        """What they say."""


class Max31855(Thermocouple):
    """One MAX31855 on an SPI bus, of any of its letters: each is for its own type of thermocouple."""

    name: ClassVar[str] = "max31855"
    title: ClassVar[str] = "Maxim MAX31855"

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """Thermocouple and cold junction."""
        del settings
        cold = "temperature of the part, where the wires of the thermocouple end"
        return (
            Channel(name="temperature", unit="Cel", low=-270.0, high=1800.0, resolution=0.25, about=cls.about),
            Channel(name="cold_junction", unit="Cel", low=-55.0, high=125.0, resolution=0.0625, about=cold),
        )

    def _fetch(self) -> bytes:
        return self._bus.transfer(self._part, bytes(MAX31855_BYTES))

    @staticmethod
    def _decode(data: bytes) -> Readings:
        hot, cold = decode_max31855(data)
        return {"temperature": hot, "cold_junction": cold}


class Max6675(Thermocouple):
    """One MAX6675 on an SPI bus, with a thermocouple of type K. It is never read before its conversion has ended."""

    name: ClassVar[str] = "max6675"
    title: ClassVar[str] = "Maxim MAX6675"

    def __init__(self, bus: SpiBus, settings: ThermocoupleSettings) -> None:
        super().__init__(bus, settings)
        self._begun_s: float | None = None

    @classmethod
    def channels(cls, settings: Any) -> tuple[Channel, ...]:
        """The thermocouple."""
        del settings
        return (Channel(name="temperature", unit="Cel", low=0.0, high=1023.75, resolution=0.25, about=cls.about),)

    def _fetch(self) -> bytes:
        clock = self._bus.clock
        if self._begun_s is not None:
            clock.sleep(max(0.0, self._begun_s + CONVERSION_S - clock.now_s()))
        data = self._bus.transfer(self._part, bytes(MAX6675_BYTES))
        self._begun_s = clock.now_s()
        return data

    @staticmethod
    def _decode(data: bytes) -> Readings:
        return {"temperature": decode_max6675(data)}
