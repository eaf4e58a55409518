"""Maxim DS3231: the temperature of a real-time clock, and whether it has stopped, over I2C.

The time itself is the business of the kernel's driver (dtoverlay=i2c-rtc,ds3231), which then owns the address; this
driver is for a clock that the kernel does not use.

Source: Maxim Integrated, DS3231 data sheet 19-5170, "Control Register", "Status Register", "Temperature Registers".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings, ValueKind, WrongPartError
from drivers.bus.i2c import I2CBus

TIME, CONTROL, STATUS, TEMPERATURE = 0x00, 0x0E, 0x0F, 0x11
REGISTERS = 0x13
"""After the last one the first comes again (a DS3232 has memory there)."""
TIME_BYTES = 7
STOPPED = 0x80
ALWAYS_ZERO = 0x70
"""Bits of the status register that a DS3231 does not have."""
BELOW_QUARTERS = 0x3F
"""Bits of the lower temperature register that are always zero."""

COLDEST, WARMEST = -40, 85
"""Cel"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ds3231Settings:
    """One DS3231."""

    address: Annotated[int, Limits(0x68, 0x68)] = 0x68
    """Its I2C address, which is fixed."""


def decode_temperature(data: bytes) -> float:
    """The temperature in Cel of two bytes, in quarters of a degree."""
    return (int.from_bytes(data, signed=True) >> 6) / 4


def is_time(data: bytes) -> bool:
    """Whether seven bytes can be the time of a DS3231, in either way to count hours."""
    seconds, minutes, hours, weekday, day, month, year = data
    twelve = hours & 0x40
    return (
        _is_decimal(seconds, 0, 59)
        and _is_decimal(minutes, 0, 59)
        and (_is_decimal(hours & 0x1F, 1, 12) if twelve else _is_decimal(hours, 0, 23))
        and hours < 0x80  # noqa: PLR2004 - the highest bit is always zero
        and 1 <= weekday <= 7  # noqa: PLR2004 - days of a week
        and _is_decimal(day, 1, 31)
        and _is_decimal(month & 0x7F, 1, 12)
        and _is_decimal(year, 0, 99)
    )


def measures(data: bytes) -> bool:
    """Whether the five bytes from `CONTROL` on look like a control, a status and a temperature, and not just empty."""
    status, _, upper, lower = data[1:]
    signs = not status & ALWAYS_ZERO and not lower & BELOW_QUARTERS
    return signs and any(data) and COLDEST <= int.from_bytes([upper], signed=True) <= WARMEST


def _is_decimal(byte: int, low: int, high: int) -> bool:
    """Whether a byte holds two decimal digits, and a number from `low` to `high`."""
    tens, ones = byte >> 4, byte & 0x0F
    return ones <= 9 and low <= tens * 10 + ones <= high  # noqa: PLR2004 - a decimal digit


class Ds3231(Driver):
    """One DS3231 on an I2C bus."""

    name: ClassVar[str] = "ds3231"
    title: ClassVar[str] = "Maxim DS3231"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ds3231Settings

    def __init__(self, bus: I2CBus, settings: Ds3231Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Ds3231Settings) -> tuple[Channel, ...]:
        """The temperature, and whether the clock stood still since it was set."""
        del settings
        about = "the clock stood still since it was set, so that its time is wrong"
        return (
            Channel(name="temperature", unit="Cel", low=-40.0, high=85.0, resolution=0.25, about="of the clock"),
            Channel(name="stopped", kind=ValueKind.BOOLEAN, about=about),
        )

    def open(self) -> None:
        """See that what stands in the registers can be a time, and that the bits are zero that it does not have.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        time = self._bus.read_register(self._address, TIME, TIME_BYTES)
        status, _, _, lower = self._bus.read_register(self._address, STATUS, 4)
        if not is_time(time) or status & ALWAYS_ZERO or lower & BELOW_QUARTERS:
            raise WrongPartError(
                f"ds3231 at 0x{self._address:02X}: another part answers (time {time.hex()}, status 0x{status:02X})"
            )

    def read(self) -> Readings:
        """Fetch status and temperature, which the part measures every 64 seconds, in one go.

        Raises:
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        data = self._bus.read_register(self._address, STATUS, 4)
        return {"temperature": decode_temperature(data[2:4]), "stopped": bool(data[0] & STOPPED)}
