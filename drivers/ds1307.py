"""Maxim DS1307: whether a real-time clock stands still, over I2C.

The time itself is the business of the kernel's driver (dtoverlay=i2c-rtc,ds1307), which then owns the address; this
driver is for a clock that the kernel does not use.

Source: Maxim Integrated, DS1307 data sheet 19-5043, table 2 (timekeeper registers), "Clock and Calendar".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, ValueKind, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.ds3231 import REGISTERS as REGISTERS_OF_DS3231
from drivers.ds3231 import TIME, TIME_BYTES, is_time

HALTED = 0x80
"""In the seconds: the oscillator is off. It is so after the power came without a battery, until the time is set."""
CONTROL = 0x07
CONTROL_ZERO = 0x6C
"""Bits of the control register that a DS1307 does not have."""
CENTURY = 0x80
"""In the month; a DS3231 has it, a DS1307 has not."""
LOOK_BYTES = REGISTERS_OF_DS3231 + TIME_BYTES
"""So many, from the time on, tell the two apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ds1307Settings:
    """One DS1307."""

    address: Annotated[int, Limits(0x68, 0x68)] = 0x68
    """Its I2C address, which is fixed."""


def is_time_or_halt(data: bytes) -> bool:
    """Whether seven bytes can be the time of a DS1307, running or halted."""
    return is_time(bytes([data[0] & ~HALTED]) + data[1:]) and not data[5] & CENTURY


def fits(data: bytes) -> bool:
    """Whether the first `LOOK_BYTES` bytes can be of a DS1307.

    After the last register of a DS3231 the time comes again; a DS1307 has memory there.
    """
    again = data[REGISTERS_OF_DS3231:]
    repeats = is_time(again) and again[3:] == data[3:TIME_BYTES]
    return is_time_or_halt(data[:TIME_BYTES]) and not data[CONTROL] & CONTROL_ZERO and not repeats


class Ds1307(Driver):
    """One DS1307 on an I2C bus."""

    name: ClassVar[str] = "ds1307"
    title: ClassVar[str] = "Maxim DS1307"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ds1307Settings

    def __init__(self, bus: I2CBus, settings: Ds1307Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Ds1307Settings) -> tuple[Channel, ...]:
        """Whether the clock stands still."""
        del settings
        about = "the clock stands still until it is set, so that its time is wrong"
        return (Channel(name="stopped", kind=ValueKind.BOOLEAN, about=about),)

    def open(self) -> None:
        """See that what stands in the registers can be a time, and that it is no DS3231.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        data = self._bus.read_register(self._address, TIME, LOOK_BYTES)
        if not fits(data):
            found = f"time {data[:TIME_BYTES].hex()}, control 0x{data[CONTROL]:02X}"
            raise WrongPartError(f"ds1307 at 0x{self._address:02X}: another part answers ({found})")

    def read(self) -> Readings:
        """Fetch the time, with the bit that says that it stands still.

        Raises:
            NoAnswerError: nobody answers at the address, or what comes is no time.
            BusError: the bus does not work.
        """
        data = self._bus.read_register(self._address, TIME, TIME_BYTES)
        if not is_time_or_halt(data):
            raise NoAnswerError(f"ds1307 at 0x{self._address:02X}: what comes is no time ({data.hex()})")
        return {"stopped": bool(data[0] & HALTED)}
